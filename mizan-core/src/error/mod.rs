//! Errors of calls: their codes, their messages and the data that clients receive.

mod client_error;
mod code;
mod field_errors;
mod unavailable;

use std::any::Any;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

pub use self::client_error::{ClientError, ErrorDeclaration, ErrorVariant};
pub use self::code::ErrorCode;
pub use self::field_errors::{FORM_ERRORS, FieldErrors, MAX_FIELD_ERRORS, limit_field_errors};
pub use self::unavailable::Unavailable;
use crate::request_head::RequestHead;
use crate::trace::{TraceId, escape_controls};
use serde_json::{Map, Value};

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A failure that every call can have.
    Common(ErrorCode),
    /// A failure that the function declares with a [`ClientError`].
    Declared {
        /// The error code that the client receives.
        code: &'static str,
        /// The HTTP status code.
        status: u16,
    },
}

/// The error of a call.
///
/// Clients receive everything except the [source](Error::source). The `?` operator converts any
/// [`std::error::Error`] into [`ErrorCode::Internal`], or into [`ErrorCode::Unavailable`] if its
/// cause is [temporary](Unavailable); its text is logged, and the client receives the id of the log
/// entry. Because of this conversion, `Error` itself does not implement `std::error::Error`.
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
///
/// assert_eq!(read(0).unwrap_err().code(), "not_found");
/// assert_eq!(read(1).unwrap_err().code(), "internal");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    fields: FieldErrors,
    data: Map<String, Value>,
    retry_after: Option<Duration>,
    id: Option<TraceId>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Creates an error with a common code and a message for the client.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::with_kind(ErrorKind::Common(code), message.into())
    }

    /// Creates an error with a code that the function declares. `#[derive(ClientError)]` uses it.
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
            fields: FieldErrors::new(),
            data: Map::new(),
            retry_after: None,
            id: None,
            source: None,
        }))
    }

    /// Creates an [`ErrorCode::Internal`] error. The source is logged and never sent.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut error = Self::new(ErrorCode::Internal, "something went wrong");
        error.0.source = Some(source.into());
        error
    }

    /// Creates an [`ErrorCode::Internal`] error from the payload of a caught panic.
    pub(crate) fn from_panic(panic: &(dyn Any + Send)) -> Self {
        let message = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("with a value that is not text");
        Self::internal(format!("the function panicked: {message}"))
    }

    /// Creates an [`ErrorCode::NotFound`] error.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// Creates an [`ErrorCode::Conflict`] error.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Conflict, message)
    }

    /// Creates an [`ErrorCode::Forbidden`] error.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Forbidden, message)
    }

    /// Creates an [`ErrorCode::Invalid`] error for one field of the input.
    pub fn invalid(path: impl Into<String>, message: impl Into<String>) -> Self {
        let (path, message) = (path.into(), message.into());
        Self::new(ErrorCode::Invalid, format!("{path}: {message}")).with_field(path, message)
    }

    /// Creates an [`ErrorCode::Invalid`] error for several fields of the input, up to
    /// [`MAX_FIELD_ERRORS`].
    #[must_use]
    pub fn invalid_fields(mut fields: FieldErrors) -> Self {
        let message = match fields.iter().next() {
            Some((path, messages)) if fields.len() == 1 && path != FORM_ERRORS => {
                format!("{path}: {}", messages.join(" "))
            }
            _ => "the input has invalid fields".to_owned(),
        };
        let mut error = Self::new(ErrorCode::Invalid, message);
        fields.retain(|_, messages| !messages.is_empty());
        limit_field_errors(&mut fields);
        error.0.fields = fields;
        error
    }

    /// Adds a message for a field of the input.
    #[must_use]
    pub fn with_field(mut self, path: impl Into<String>, message: impl Into<String>) -> Self {
        let messages = self.0.fields.entry(path.into()).or_default();
        messages.push(message.into());
        self
    }

    /// Adds a member to the error's data. The client finds it on its error object under `name`.
    #[must_use]
    pub fn with_data(mut self, name: impl Into<String>, value: Value) -> Self {
        self.0.data.insert(name.into(), value);
        self
    }

    /// Sets the time after which the client may retry.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the error code that the client receives, such as `not_found`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.0.kind {
            ErrorKind::Common(code) => code.as_str(),
            ErrorKind::Declared { code, .. } => code,
        }
    }

    /// Returns the message for the client.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the messages for fields of the input.
    #[must_use]
    pub fn fields(&self) -> &FieldErrors {
        &self.0.fields
    }

    /// Returns the error's data, by name.
    #[must_use]
    pub fn data(&self) -> &Map<String, Value> {
        &self.0.data
    }

    /// Returns the time after which the client may retry.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the id of the log entry, if the error was logged: the id of the trace of its request.
    #[must_use]
    pub fn id(&self) -> Option<TraceId> {
        self.0.id
    }

    /// Returns the cause, which is logged and never sent.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// Logs an internal error, or one with a temporary cause ([`Unavailable`]), under the id of the current
    /// trace, or a random one, that the client receives.
    ///
    /// Other errors, and errors that were logged before, are returned unchanged. Dispatch calls
    /// [`logged_in`](Self::logged_in) for the errors of functions. Adapters call it for failures outside of
    /// functions, and pass the name of the failed part as `function`.
    #[must_use]
    pub fn logged(self, function: &str) -> Self {
        self.logged_as(function, TraceId::random)
    }

    /// Logs an error in the same way as [`logged`](Self::logged), under the id of the trace of a request.
    #[must_use]
    pub fn logged_in(self, function: &str, head: &RequestHead) -> Self {
        self.logged_as(function, || head.trace_id())
    }

    fn logged_as(mut self, function: &str, id: impl FnOnce() -> TraceId) -> Self {
        let is_server_fault = match self.0.kind {
            ErrorKind::Common(ErrorCode::Internal) => true,
            ErrorKind::Common(ErrorCode::Unavailable) => self.0.source.is_some(),
            _ => false,
        };
        if is_server_fault && self.0.id.is_none() {
            let id = TraceId::current().unwrap_or_else(id);
            let text = format!("{self:?}");
            tracing::error!(function, error_id = %id, "{}", escape_controls(&text));
            self.0.id = Some(id);
        }
        self
    }
}

/// An error of another crate, which `?` converts into an [`Error`]: every [`std::error::Error`] that
/// can be sent between threads.
///
/// `anyhow::Error` and `Box<dyn std::error::Error + Send + Sync>` do not implement
/// [`std::error::Error`]. [`Error::internal`] converts them:
///
/// ```
/// use mizan_core::Error;
///
/// fn parse(text: &str) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
///     Ok(text.parse()?)
/// }
///
/// fn check(text: &str) -> Result<(), Error> {
///     parse(text).map_err(Error::internal)?;
///     Ok(())
/// }
///
/// assert_eq!(check("x").unwrap_err().code(), "internal");
/// ```
#[diagnostic::on_unimplemented(
    message = "`?` cannot convert `{Self}` into the error of a call",
    label = "write `.map_err(mizan_core::Error::internal)?`; a `Box<dyn Error>` has to be `Box<dyn Error + \
             Send + Sync>`",
    note = "`?` itself converts types that implement `std::error::Error`, `Send` and `Sync`"
)]
pub trait ForeignError: StdError + Send + Sync + Sized + 'static {}

#[diagnostic::do_not_recommend]
impl<E: StdError + Send + Sync + 'static> ForeignError for E {}

impl<E: ForeignError> From<E> for Error {
    fn from(source: E) -> Self {
        let Some(wait) = Unavailable::find_retry_after(&source) else {
            return Self::internal(source);
        };
        let message = "temporarily unavailable; try again soon";
        let mut error = Self::new(ErrorCode::Unavailable, message).with_retry_after(wait);
        error.0.source = Some(source.into());
        error
    }
}

/// Writes the message for the client.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// Writes the code, the message, the fields and the chain of sources, for logs.
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
