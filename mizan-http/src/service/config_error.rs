//! Errors in the configuration of a service.

use std::fmt;
use std::path::PathBuf;

/// An error in the configuration of a service, or of its allowed hosts.
#[derive(Debug)]
pub struct HttpConfigError {
    kind: HttpConfigErrorKind,
}

#[derive(Debug)]
pub(crate) enum HttpConfigErrorKind {
    Host(String),
    Origin(String),
    MountPath(String),
    UploadDir(PathBuf),
    #[cfg(feature = "channels")]
    ChannelsMissing,
    ResumableWithoutBroker,
}

impl From<HttpConfigErrorKind> for HttpConfigError {
    fn from(kind: HttpConfigErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for HttpConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            HttpConfigErrorKind::Host(host) => write!(
                f,
                "invalid host `{host}`: expected a name such as `example.com`, `.example.com` for a domain \
                 with its subdomains, or a URL such as `https://example.com`"
            ),
            HttpConfigErrorKind::Origin(origin) => write!(
                f,
                "invalid origin `{origin}`: expected a scheme and a lower-case host as browsers send them, \
                 such as `https://example.com`, without a path and without the default port"
            ),
            HttpConfigErrorKind::MountPath(path) => write!(
                f,
                "invalid mount path `{path}`: it must start with `/` and must not end with `/`"
            ),
            HttpConfigErrorKind::UploadDir(path) => write!(
                f,
                "upload directory `{}` does not exist: create it before you build the service",
                path.display()
            ),
            #[cfg(feature = "channels")]
            HttpConfigErrorKind::ChannelsMissing => f.write_str(
                "the app has channels but no `mizan_channels::Channels` in its state: create one and add \
                 it with `.state(channels)`",
            ),
            HttpConfigErrorKind::ResumableWithoutBroker => f.write_str(
                "the app has a resumable stream, whose parts are in the log of a broker, but no \
                 `mizan_channels::Channels` in its state: create one and add it with `.state(channels)`, with the \
                 feature `channels` of mizan-http",
            ),
        }
    }
}

impl std::error::Error for HttpConfigError {}
