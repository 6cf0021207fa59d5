use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::Unavailable;

/// Messages for the fields of an input, by path: `title`, `rows.0.name`.
pub type Fields = BTreeMap<String, Vec<String>>;

/// The codes that any call can fail with. The generated client has them as a union of strings.
///
/// Deliberately exhaustive: an adapter says for each what it is in its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The request is not JSON, not UTF-8, too deep, or names a key twice.
    Malformed,
    /// Nobody is signed in, and the function asks for somebody.
    Unauthenticated,
    /// Whoever is signed in has to prove again who they are: they may do this, but not on the
    /// strength of a cookie alone.
    Reauthenticate,
    /// Whoever is signed in may not do this.
    Forbidden,
    /// The request comes from another site.
    CrossSite,
    /// There is no function of this name.
    UnknownFunction,
    /// What was asked for does not exist.
    NotFound,
    /// The function does not answer this HTTP method.
    MethodNotAllowed,
    /// The request did not arrive in time.
    RequestTimeout,
    /// The state of things does not allow this now.
    Conflict,
    /// The request is larger than the server takes.
    TooLarge,
    /// The request's content type is not one that the function takes.
    UnsupportedMediaType,
    /// The input is well formed and was refused by the schema or the validation.
    Invalid,
    /// Too many calls; try again later.
    RateLimited,
    /// Something broke. The client gets an opaque id, the log has the rest.
    Internal,
    /// The server sheds load or is about to stop; try again.
    Unavailable,
    /// The function did not finish in time.
    DeadlineExceeded,
}

impl ErrorCode {
    /// Every code, in the order of their HTTP statuses.
    pub const ALL: [Self; 17] = [
        Self::Malformed,
        Self::Unauthenticated,
        Self::Reauthenticate,
        Self::Forbidden,
        Self::CrossSite,
        Self::UnknownFunction,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::Conflict,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Invalid,
        Self::RateLimited,
        Self::Internal,
        Self::Unavailable,
        Self::DeadlineExceeded,
    ];

    /// The code as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unauthenticated => "unauthenticated",
            Self::Reauthenticate => "reauthenticate",
            Self::Forbidden => "forbidden",
            Self::CrossSite => "cross_site",
            Self::UnknownFunction => "unknown_function",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::RequestTimeout => "request_timeout",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Invalid => "invalid",
            Self::RateLimited => "rate_limited",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
            Self::DeadlineExceeded => "deadline_exceeded",
        }
    }

    /// Whether `code` is one of these, and so not free for a [`ClientError`](crate::ClientError).
    #[must_use]
    pub const fn is_common(code: &str) -> bool {
        let mut i = 0;
        while i < Self::ALL.len() {
            if same(Self::ALL[i].as_str().as_bytes(), code.as_bytes()) {
                return true;
            }
            i += 1;
        }
        false
    }
}

/// `==` on byte strings, which constant evaluation does not have.
const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// What kind of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// One that any call can have.
    Common(ErrorCode),
    /// One that the function declares with a [`ClientError`](crate::ClientError).
    Declared {
        /// The code on the wire.
        code: &'static str,
        /// The HTTP status.
        status: u16,
    },
}

/// Why a call failed, as the client will be told.
///
/// Everything but the [source](Error::source) is for the client's eyes. Any
/// [`std::error::Error`] becomes an [`ErrorCode::Internal`] through `?`, or an
/// [`ErrorCode::Unavailable`] if its cause is [temporary](Unavailable): its text goes to the log, and
/// the client gets an id to quote. That conversion is why this type is not a
/// `std::error::Error` itself.
///
/// ```
/// use mizan_core::Error;
///
/// fn read(id: u32) -> Result<String, Error> {
///     if id == 0 {
///         return Err(Error::not_found("there is no post 0"));
///     }
///     Ok(std::fs::read_to_string(format!("{id}.md"))?)
/// }
/// # assert_eq!(read(0).unwrap_err().code(), "not_found");
/// # assert_eq!(read(1).unwrap_err().code(), "internal");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    fields: Fields,
    data: Map<String, Value>,
    retry_after: Option<Duration>,
    id: Option<Uuid>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A failure with one of the common codes, and a sentence for the client.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::with_kind(ErrorKind::Common(code), message.into())
    }

    /// A failure that the function declares; what `#[derive(ClientError)]` builds on.
    pub fn declared(
        code: &'static str,
        status: u16,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::with_kind(ErrorKind::Declared { code, status }, message.into())
    }

    fn with_kind(kind: ErrorKind, message: Cow<'static, str>) -> Self {
        Self(Box::new(Inner {
            kind,
            message,
            fields: Fields::new(),
            data: Map::new(),
            retry_after: None,
            id: None,
            source: None,
        }))
    }

    /// Something broke; `source` is logged and never sent.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut error = Self::new(ErrorCode::Internal, "something went wrong");
        error.0.source = Some(source.into());
        error
    }

    /// What was asked for does not exist.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// The state of things does not allow this now.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Conflict, message)
    }

    /// Whoever calls may not do this.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Forbidden, message)
    }

    /// One field of the input is refused.
    pub fn invalid(path: impl Into<String>, message: impl Into<String>) -> Self {
        let (path, message) = (path.into(), message.into());
        Self::new(ErrorCode::Invalid, format!("{path}: {message}")).with_field(path, message)
    }

    /// Blames a field of the input, besides those blamed already.
    #[must_use]
    pub fn with_field(mut self, path: impl Into<String>, message: impl Into<String>) -> Self {
        let messages = self.0.fields.entry(path.into()).or_default();
        messages.push(message.into());
        self
    }

    /// Adds a member to the error's data, which the client finds on its error under `name`.
    #[must_use]
    pub fn with_data(mut self, name: impl Into<String>, value: Value) -> Self {
        self.0.data.insert(name.into(), value);
        self
    }

    /// Tells the client how long to wait before it tries again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The code on the wire, such as `not_found`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.0.kind {
            ErrorKind::Common(code) => code.as_str(),
            ErrorKind::Declared { code, .. } => code,
        }
    }

    /// The sentence for the client.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The fields of the input that are to blame.
    #[must_use]
    pub fn fields(&self) -> &Fields {
        &self.0.fields
    }

    /// What the failure carries besides, by name.
    #[must_use]
    pub fn data(&self) -> &Map<String, Value> {
        &self.0.data
    }

    /// How long the client should wait before it tries again.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What an internal failure is called in the log, once dispatch has logged it.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        self.0.id
    }

    /// What broke, for the log alone.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// Logs an internal failure, or one with a temporary cause ([`Unavailable`](crate::Unavailable)), under a
    /// new id, which the client gets to quote; other failures, and those that are logged already, pass
    /// untouched.
    ///
    /// Dispatch does this for what a function returns. An adapter does it for what breaks outside
    /// of functions; `function` is then the name of that part.
    #[must_use]
    pub fn logged(mut self, function: &str) -> Self {
        let is_ours = match self.0.kind {
            ErrorKind::Common(ErrorCode::Internal) => true,
            ErrorKind::Common(ErrorCode::Unavailable) => self.0.source.is_some(),
            _ => false,
        };
        if is_ours && self.0.id.is_none() {
            let id = Uuid::new_v4();
            tracing::error!(function, error_id = %id, "{:?}", self);
            self.0.id = Some(id);
        }
        self
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(source: E) -> Self {
        let Some(wait) = Unavailable::wait_of(&source) else {
            return Self::internal(source);
        };
        let message = "this does not work at the moment; try again soon";
        let mut error = Self::new(ErrorCode::Unavailable, message).retry_after(wait);
        error.0.source = Some(source.into());
        error
    }
}

/// What the client is told.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// The code, the message and the chain of sources: what the log is told.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.0.message)?;
        for (path, messages) in &self.0.fields {
            write!(f, " [{path}: {}]", messages.join(", "))?;
        }
        let mut source = self.source().map(|source| source as &dyn StdError);
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
