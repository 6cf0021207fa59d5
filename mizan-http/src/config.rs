use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How much a service takes before it refuses. Everything that could grow has a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest body of a request, in bytes: 1 MiB.
    pub body_bytes: usize,
    /// The largest files of a request together, in bytes: 32 MiB. They come in addition to
    /// [`body_bytes`](Self::body_bytes), and go to the disk, not into memory.
    pub upload_bytes: u64,
    /// How many fields and files a form may have: 1000.
    pub parts: usize,
    /// How long the body of a request may take to arrive: 30 seconds. Of a body with files, 16 KiB
    /// have to arrive within each such span.
    pub body_timeout: Duration,
    /// How long a call may run before it is dropped and answered with 504: 30 seconds.
    pub deadline: Duration,
    /// The longest time for a body with files to arrive: 10 minutes.
    pub upload_timeout: Duration,
    /// How many calls run at once; more are answered with 503: 4096.
    pub concurrent_calls: usize,
    /// The maximum number of concurrent calls of one client: 512. A client is an IPv4 address or the
    /// /64 network of an IPv6 address, here and below.
    pub concurrent_calls_per_client: usize,
    /// The maximum number of open WebSockets of one client: 512. The limits of the channels bound the
    /// number for all clients together.
    pub sockets_per_client: usize,
    /// The maximum number of bodies that are read at once: 4096. More are answered with 503.
    pub concurrent_bodies: usize,
    /// The maximum number of bodies that one client sends at once: 256.
    pub concurrent_bodies_per_client: usize,
    /// The maximum memory for the bodies of all requests in progress, in bytes: 256 MiB. More are
    /// answered with 503.
    pub body_memory: u64,
    /// The maximum memory for the bodies of one client, in bytes: 32 MiB.
    pub body_memory_per_client: u64,
    /// The maximum disk space for the files of all requests in progress, in bytes: 4 GiB. More are
    /// answered with 503.
    pub upload_storage: u64,
    /// The maximum disk space for the files of one client, in bytes: 512 MiB.
    pub upload_storage_per_client: u64,
    /// The maximum number of open files of all requests in progress: 384. Each takes a file descriptor
    /// until its call has ended. More are answered with 503.
    pub upload_files: usize,
    /// The maximum number of open files of one client, and thus of one request: 64.
    pub upload_files_per_client: usize,
    /// How many calls a batch may hold: 64.
    pub batch_calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            upload_bytes: 32 * 1024 * 1024,
            parts: 1000,
            body_timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(30),
            upload_timeout: Duration::from_secs(10 * 60),
            concurrent_calls: 4096,
            concurrent_calls_per_client: 512,
            sockets_per_client: 512,
            concurrent_bodies: 4096,
            concurrent_bodies_per_client: 256,
            body_memory: 256 * 1024 * 1024,
            body_memory_per_client: 32 * 1024 * 1024,
            upload_storage: 4 * 1024 * 1024 * 1024,
            upload_storage_per_client: 512 * 1024 * 1024,
            upload_files: 384,
            upload_files_per_client: 64,
            batch_calls: 64,
        }
    }
}

/// An error in the configuration of a service.
#[derive(Debug)]
pub struct ConfigError {
    pub(crate) kind: ConfigErrorKind,
}

#[derive(Debug)]
pub(crate) enum ConfigErrorKind {
    Host(String),
    Origin(String),
    MountPath(String),
    UploadDir(PathBuf),
    #[cfg(feature = "channels")]
    NoChannels,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ConfigErrorKind::Host(host) => write!(
                f,
                "`{host}` is not a host: write it as `example.com`, as `.example.com` to include its \
                 subdomains, or as a URL such as `https://example.com`"
            ),
            ConfigErrorKind::Origin(origin) => write!(
                f,
                "`{origin}` is not an origin: write it as browsers do, as in `https://example.com`, \
                 in lower case, without a path and without the port that goes without saying"
            ),
            ConfigErrorKind::MountPath(path) => write!(
                f,
                "`{path}` is not a path to mount at: it begins with `/` and does not end with one"
            ),
            ConfigErrorKind::UploadDir(path) => write!(
                f,
                "`{}` is not a folder to put uploads into: make it before the service is built",
                path.display()
            ),
            #[cfg(feature = "channels")]
            ConfigErrorKind::NoChannels => f.write_str(
                "the app has channels, and nothing that runs them; make a `mizan_channels::Channels` \
                 and add it with `.state(channels)`",
            ),
        }
    }
}

impl std::error::Error for ConfigError {}
