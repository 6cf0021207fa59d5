//! The way in which a call reaches dispatch.

/// The way in which a call reaches dispatch. It is a field of the span and of the log line of the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallOrigin {
    /// Another function ([`Cx::call`](crate::Cx::call)), a test, or an adapter that sets no origin.
    #[default]
    Internal,
    /// A request for one call.
    Http,
    /// A request for several calls.
    Batch,
    /// A form that a browser posted without JavaScript.
    Form,
    /// A page that is rendered on the server.
    Page,
    /// A message of a channel.
    Channel,
}

impl CallOrigin {
    /// Returns the value of the field `mizan.origin`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Http => "http",
            Self::Batch => "batch",
            Self::Form => "form",
            Self::Page => "page",
            Self::Channel => "channel",
        }
    }
}
