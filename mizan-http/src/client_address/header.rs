//! The header in which proxies name the client.

use http::{HeaderName, header};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The header in which trusted proxies name the client.
///
/// Only one header is read. A proxy that appends to one of the headers usually forwards the other one
/// unchanged, so a client could forge its address if both were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, a list of addresses with or without ports.
    #[default]
    XForwardedFor,
    /// The `for` parameter of `Forwarded` (RFC 7239).
    Forwarded,
}

impl ForwardedHeader {
    pub(super) fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => X_FORWARDED_FOR,
            Self::Forwarded => header::FORWARDED,
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::XForwardedFor => Self::Forwarded,
            Self::Forwarded => Self::XForwardedFor,
        }
    }
}
