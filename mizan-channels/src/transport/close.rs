//! Close codes of a connection.

use std::borrow::Cow;
use std::fmt;

/// The reason why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseCode {
    /// The client closed the connection.
    Normal,
    /// The client violated the transport's protocol.
    ProtocolError,
    /// The client sent a binary message; frames are text.
    UnsupportedData,
    /// The client sent text that is not UTF-8.
    InvalidUtf8,
    /// The client sent a message that exceeds the size limit.
    MessageTooBig,
    /// An internal error occurred in the server.
    InternalError,
    /// The server is shutting down.
    ServiceRestart,
    /// The server has reached its connection limit.
    TooManyConnections,
    /// The client sent a malformed or unexpected frame.
    Malformed,
    /// The credential is missing, invalid or expired.
    Unauthenticated,
    /// The session was revoked, or the credential belongs to another user than before.
    Revoked,
    /// The client was silent for too long.
    TimedOut,
    /// The client has reached its subscription limit.
    TooManySubscriptions,
    /// The client reads more slowly than messages arrive.
    SlowConsumer,
    /// The client exceeded the frame rate limit.
    RateLimited,
}

impl CloseCode {
    /// Returns the number on the wire.
    ///
    /// ```
    /// use mizan_channels::transport::CloseCode;
    ///
    /// assert_eq!(CloseCode::Unauthenticated.number(), 4401);
    /// ```
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::ProtocolError => 1002,
            Self::UnsupportedData => 1003,
            Self::InvalidUtf8 => 1007,
            Self::MessageTooBig => 1009,
            Self::InternalError => 1011,
            Self::ServiceRestart => 1012,
            Self::TooManyConnections => 1013,
            Self::Malformed => 4400,
            Self::Unauthenticated => 4401,
            Self::Revoked => 4403,
            Self::TimedOut => 4408,
            Self::TooManySubscriptions => 4413,
            Self::SlowConsumer => 4421,
            Self::RateLimited => 4429,
        }
    }
}

/// A close code with a reason for the client's developer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Close {
    code: CloseCode,
    reason: Cow<'static, str>,
}

impl Close {
    /// The longest reason that fits into a WebSocket close frame, in bytes (RFC 6455, section 5.5).
    pub(crate) const MAX_REASON_BYTES: usize = 123;

    /// Creates a close. A reason that does not fit into a close frame is truncated.
    pub fn new(code: CloseCode, reason: impl Into<Cow<'static, str>>) -> Self {
        let mut reason = reason.into();
        if reason.len() > Self::MAX_REASON_BYTES {
            let end = reason.floor_char_boundary(Self::MAX_REASON_BYTES);
            reason = Cow::Owned(reason[..end].to_owned());
        }
        Self { code, reason }
    }

    /// Returns the close code.
    #[must_use]
    pub fn code(&self) -> CloseCode {
        self.code
    }

    /// Returns the reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Close {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code.number(), self.reason)
    }
}
