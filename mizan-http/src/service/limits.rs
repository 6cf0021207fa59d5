//! The limits of a service.

use std::time::Duration;

macro_rules! http_limits {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty = $default:expr,)*) => {
        /// The limits of a [`MizanService`](crate::MizanService) on every resource that clients use.
        ///
        /// A client is an IPv4 address, or the /64 network of an IPv6 address.
        ///
        /// ```
        /// use std::time::Duration;
        ///
        /// use mizan_core::Registry;
        /// use mizan_http::{HttpLimits, MizanService};
        ///
        /// fn service() -> Result<MizanService, Box<dyn std::error::Error>> {
        ///     let limits = HttpLimits::default()
        ///         .max_body_bytes(256 * 1024)
        ///         .call_deadline(Duration::from_secs(5));
        ///     let app = Registry::new().build()?;
        ///     Ok(MizanService::builder(app).limits(limits).build()?)
        /// }
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct HttpLimits {
            $($(#[doc = $doc])* pub $name: $type,)*
        }

        impl Default for HttpLimits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl HttpLimits {
            $(
                #[doc = concat!("Sets [`", stringify!($name), "`](field@Self::", stringify!($name), ").")]
                #[must_use]
                pub fn $name(mut self, $name: $type) -> Self {
                    self.$name = $name;
                    self
                }
            )*
        }
    };
}

http_limits! {
    /// The maximum size of a request body, in bytes. 1 MiB by default.
    max_body_bytes: usize = 1024 * 1024,
    /// The maximum total size of the files of a request, in bytes. 32 MiB by default.
    ///
    /// It applies in addition to [`max_body_bytes`](field@Self::max_body_bytes). Files are written to disk
    /// and not kept in memory.
    max_upload_bytes: u64 = 32 * 1024 * 1024,
    /// The maximum number of fields and files of a form. 1000 by default.
    max_form_parts: usize = 1000,
    /// The timeout for receiving a request body. 30 seconds by default.
    ///
    /// For a body with files, it is the timeout for receiving each 16 KiB.
    body_timeout: Duration = Duration::from_secs(30),
    /// The timeout for receiving a whole body with files. 10 minutes by default.
    upload_timeout: Duration = Duration::from_secs(10 * 60),
    /// The maximum duration of a call, after which the call is dropped and answered with 504. 30 seconds
    /// by default.
    call_deadline: Duration = Duration::from_secs(30),
    /// The maximum duration of each piece of work that a function adds with `Cx::after_reply` or
    /// `Cx::after_commit`. 5 minutes by default.
    ///
    /// The work counts towards the concurrent calls of all clients and of its client.
    background_deadline: Duration = Duration::from_secs(5 * 60),
    /// The maximum number of concurrent calls. Further calls are answered with 503. 4096 by default.
    max_concurrent_calls: usize = 4096,
    /// The maximum number of concurrent calls of one client. 512 by default.
    max_concurrent_calls_per_client: usize = 512,
    /// The maximum number of open WebSockets of one client, and connections of channels over server-sent events. 512 by
    /// default.
    ///
    /// The limits of mizan-channels bound the number of all clients together.
    max_websockets_per_client: usize = 512,
    /// The maximum number of bodies that are read at the same time. Further requests are answered with
    /// 503. 4096 by default.
    max_concurrent_bodies: usize = 4096,
    /// The maximum number of bodies that one client sends at the same time. 256 by default.
    max_concurrent_bodies_per_client: usize = 256,
    /// The maximum memory for the bodies of all requests in progress, in bytes. Further requests are
    /// answered with 503. 256 MiB by default.
    max_body_memory: u64 = 256 * 1024 * 1024,
    /// The maximum memory for the bodies of one client, in bytes. 32 MiB by default.
    max_body_memory_per_client: u64 = 32 * 1024 * 1024,
    /// The maximum disk space for the files of all requests in progress, in bytes. Further requests are
    /// answered with 503. 4 GiB by default.
    max_upload_storage: u64 = 4 * 1024 * 1024 * 1024,
    /// The maximum disk space for the files of one client, in bytes. 512 MiB by default.
    max_upload_storage_per_client: u64 = 512 * 1024 * 1024,
    /// The maximum number of open files of all requests in progress. Further requests are answered with
    /// 503. 384 by default.
    ///
    /// Each uploaded file takes a file descriptor until its call ends.
    max_upload_files: usize = 384,
    /// The maximum number of open files of one client, and thus of one request. 64 by default.
    max_upload_files_per_client: usize = 64,
    /// The maximum number of files that are sent to clients at the same time. Further requests are
    /// answered with 503. 512 by default.
    ///
    /// A file that is read from disk takes a file descriptor until the client has received it.
    max_downloads: usize = 512,
    /// The maximum number of files that are sent to one client at the same time. 32 by default.
    max_downloads_per_client: usize = 32,
    /// The maximum time in which a streamed file produces its next part, after which the download is
    /// aborted. 30 seconds by default.
    download_part_timeout: Duration = Duration::from_secs(30),
    /// The maximum number of streams that are sent to clients at the same time. Further requests are answered with
    /// 503. 2048 by default.
    ///
    /// A stream also counts as a [concurrent call](field@Self::max_concurrent_calls) until it ends.
    max_streams: usize = 2048,
    /// The maximum number of streams that are sent to one client at the same time. 64 by default.
    max_streams_per_client: usize = 64,
    /// The maximum duration of a stream, after which it ends with `deadline_exceeded`. 1 hour by default.
    ///
    /// [`call_deadline`](field@Self::call_deadline) limits the time until the function has returned its stream.
    stream_deadline: Duration = Duration::from_secs(60 * 60),
    /// The time without a part after which a stream sends a comment, so that proxies and clients do not end the
    /// connection. 15 seconds by default.
    stream_heartbeat: Duration = Duration::from_secs(15),
    /// The time for which a client may not read its stream, in addition to
    /// [`stream_heartbeat`](field@Self::stream_heartbeat). The stream is then aborted. 30 seconds by default.
    ///
    /// The buffers of the connection accept some parts of a client that does not read.
    stream_read_timeout: Duration = Duration::from_secs(30),
    /// The time after which a stream checks again that its client may receive it: the authentication, the policy
    /// and `authorize`. 30 seconds by default.
    stream_access_interval: Duration = Duration::from_secs(30),
    /// The maximum size of all parts of a resumable stream, in bytes, after which it ends with `too_large`. 4 MiB by
    /// default.
    max_resumable_bytes: usize = 4 * 1024 * 1024,
    /// The maximum number of parts of a resumable stream, after which it ends with `too_large`. 65,536 by default.
    max_resumable_parts: usize = 65_536,
    /// The maximum number of resumable streams of all clients whose logs are kept, including those that have ended and
    /// calls that failed. Further calls are answered with 503. 16,384 by default.
    ///
    /// Each 16 KiB of an input count as another stream.
    max_kept_streams: usize = 16_384,
    /// The maximum number of resumable streams of one client whose logs are kept, counted in the same way. Further
    /// calls are answered with 429. 512 by default.
    max_kept_streams_per_client: usize = 512,
    /// The time for which the parts of a resumable stream are kept, in addition to
    /// [`stream_deadline`](field@Self::stream_deadline). 10 minutes by default.
    resumable_retention: Duration = Duration::from_secs(10 * 60),
    /// The time without a sign of life of its process after which a resumable stream ends with `outcome_unknown`. 15
    /// seconds by default.
    resumable_lease: Duration = Duration::from_secs(15),
    /// The maximum number of calls in a batch. 64 by default.
    max_batch_calls: usize = 64,
}
