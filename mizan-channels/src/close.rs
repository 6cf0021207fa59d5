use std::borrow::Cow;
use std::fmt;

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseCode {
    /// The other side left.
    Left,
    /// What came is not the transport's protocol.
    Transport,
    /// A binary message, where frames are text.
    Binary,
    /// Text that is not UTF-8.
    NotUtf8,
    /// A message that is larger than the limit.
    TooLarge,
    /// Something broke.
    Internal,
    /// The server stops.
    Restart,
    /// There are too many connections.
    Busy,
    /// A frame that is none, or that may not come now.
    Malformed,
    /// The credential is missing, wrong or lapsed.
    Unauthenticated,
    /// The session was revoked, or belongs to another user than before.
    Revoked,
    /// No sign of life in time.
    TimedOut,
    /// Too many subscriptions.
    TooManySubscriptions,
    /// The client reads too slowly.
    TooSlow,
    /// Too many frames.
    TooFast,
}

impl CloseCode {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Left => 1000,
            Self::Transport => 1002,
            Self::Binary => 1003,
            Self::NotUtf8 => 1007,
            Self::TooLarge => 1009,
            Self::Internal => 1011,
            Self::Restart => 1012,
            Self::Busy => 1013,
            Self::Malformed => 4400,
            Self::Unauthenticated => 4401,
            Self::Revoked => 4403,
            Self::TimedOut => 4408,
            Self::TooManySubscriptions => 4413,
            Self::TooSlow => 4421,
            Self::TooFast => 4429,
        }
    }
}

/// The end of a connection: a code, and a sentence for whoever debugs the client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Close {
    code: CloseCode,
    reason: Cow<'static, str>,
}

impl Close {
    /// The longest reason that a WebSocket can carry (RFC 6455, section 5.5).
    pub(crate) const MAX_REASON: usize = 123;

    /// An end with this code. The reason is cut to what fits into a frame.
    pub fn new(code: CloseCode, reason: impl Into<Cow<'static, str>>) -> Self {
        let mut reason = reason.into();
        if reason.len() > Self::MAX_REASON {
            let end = reason.floor_char_boundary(Self::MAX_REASON);
            reason = Cow::Owned(reason[..end].to_owned());
        }
        Self { code, reason }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> CloseCode {
        self.code
    }

    /// The sentence.
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
