//! Ids of traces.

use std::fmt;
use std::sync::OnceLock;

use serde::{Serialize, Serializer};
use uuid::Uuid;

static SOURCE: OnceLock<fn() -> Option<TraceId>> = OnceLock::new();

/// The id of the trace that a request belongs to (W3C Trace Context): 16 bytes, written as 32 hexadecimal digits.
///
/// An error that is logged has the id of its trace, so that the log, the trace and the message that a user reports
/// lead to each other. An HTTP server adds it to the extensions of a request. Without one, a random id is used.
///
/// ```
/// use mizan_core::{RequestHead, TraceId};
///
/// let id = TraceId::random();
/// let (mut parts, ()) = http::Request::new(()).into_parts();
/// parts.extensions.insert(id);
/// assert_eq!(RequestHead::new(parts, None).trace_id(), id);
/// assert_eq!(id.to_string().len(), 32);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(Uuid);

impl TraceId {
    /// Creates a random id.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Returns the id of the trace of the current span, if a source is [set](Self::set_source).
    #[must_use]
    pub fn current() -> Option<Self> {
        SOURCE.get()?()
    }

    /// Sets the function that finds the id of the trace of the current span, for all apps of the process. Only the
    /// first call has an effect.
    ///
    /// An adapter of a tracing system calls it; the feature `opentelemetry` of mizan-http is one.
    pub fn set_source(source: fn() -> Option<Self>) {
        SOURCE.get_or_init(|| source);
    }

    /// Creates an id from its bytes. Zeros are not an id.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let id = Uuid::from_bytes(bytes);
        (!id.is_nil()).then_some(Self(id))
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Writes 32 hexadecimal digits in lower case, as in `traceparent`.
impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}
