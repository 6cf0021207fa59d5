//! Queries whose cached results are stale.

mod observers;

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode_byte, utf8_percent_encode};
use serde::{Deserialize, Serialize};

pub(crate) use self::observers::InvalidationObservers;
pub use self::observers::{InvalidationPublisher, Published};

/// The maximum length of the encoded input. Above it, the query is invalidated for every input, because
/// proxies limit the length of headers.
const MAX_INPUT_BYTES: usize = 1_000;

/// The characters that `encodeURIComponent` escapes, except for `*`, which means all queries.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'*');

/// Queries and contexts whose cached results a mutation makes stale.
///
/// A mutation declares them with `affects`, or adds them with [`Cx::affects`](crate::Cx::affects). A
/// name invalidates the query for every input:
///
/// ```
/// use mizan_core::{Cx, Error, Invalidation, client};
///
/// #[client]
/// async fn archive(cx: &Cx, threads: Vec<u64>) -> Result<(), Error> {
///     for id in threads {
///         cx.affects(Invalidation::of("thread").with("id", id));
///     }
///     cx.affects("inbox");
///     Ok(())
/// }
/// ```
///
/// Its `Display` output is an entry of the header `mizan-affects`: the name and, as in the URL of a
/// call, the arguments that must match.
///
/// ```
/// # use mizan_core::Invalidation;
/// let invalidation = Invalidation::of("thread").with("id", 7);
/// assert_eq!(invalidation.to_string(), "thread?input=%7B%22id%22%3A7%7D");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invalidation {
    query: Cow<'static, str>,
    /// The members of a JSON object, without the braces.
    input: String,
    returns: bool,
}

impl Invalidation {
    /// Invalidates the query or context with this name, for every input. `*` means all queries.
    #[must_use]
    pub fn of(query: impl Into<Cow<'static, str>>) -> Self {
        Self {
            query: query.into(),
            input: String::new(),
            returns: false,
        }
    }

    /// Invalidates the query only for inputs whose argument `name` has this value.
    ///
    /// The value must have the JSON that clients send. If it cannot be serialized, the argument is
    /// ignored, and the query is invalidated for more inputs.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        if let Ok(json) = serde_json::to_string(&value) {
            self.push(name, &json);
        }
        self
    }

    /// Returns the name of the query.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Returns the arguments that must match, as a JSON object.
    #[must_use]
    pub fn arguments(&self) -> String {
        format!("{{{}}}", self.input)
    }

    pub(crate) fn push(&mut self, name: &str, json: &str) {
        if !self.input.is_empty() {
            self.input.push(',');
        }
        self.input
            .push_str(&serde_json::Value::from(name).to_string());
        self.input.push(':');
        self.input.push_str(json);
    }

    /// Sets whether the output of the mutation is the new data of the query.
    pub(crate) fn set_returned(&mut self, returns: bool) {
        self.returns = returns;
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for Invalidation {
    fn from(query: T) -> Self {
        Self::of(query)
    }
}

/// Writes an entry of the header `mizan-affects`.
impl fmt::Display for Invalidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", utf8_percent_encode(&self.query, ESCAPED))?;
        let mut returns = self.returns;
        let mut separator = "?";
        if !self.input.is_empty() {
            let members = utf8_percent_encode(&self.input, ESCAPED).to_string();
            if members.len() <= MAX_INPUT_BYTES {
                let [open, close] = [b'{', b'}'].map(percent_encode_byte);
                write!(f, "?input={open}{members}{close}")?;
                separator = "&";
            } else {
                returns = false;
            }
        }
        if returns {
            write!(f, "{separator}returns")?;
        }
        Ok(())
    }
}

/// Omits the input, which may be secret.
impl fmt::Debug for Invalidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invalidation")
            .field("query", &self.query)
            .field("returns", &self.returns)
            .finish_non_exhaustive()
    }
}
