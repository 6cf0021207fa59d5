//! The `Idempotency-Key` header.

use http::{HeaderMap, HeaderName};
use mizan_core::{Error, ErrorCode};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A key that the client chose for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Returns the key if it is valid.
    ///
    /// Short keys are invalid, because anonymous callers share one set of keys: if two callers chose the
    /// same key, one would receive the reply of the other.
    pub(crate) fn new(key: &str) -> Option<Self> {
        let is_valid = (16..=255).contains(&key.len())
            && key
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
        is_valid.then(|| Self(key.to_owned()))
    }

    /// Reads the key of a request, with or without the quotes of a structured field.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, Error> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let key = value.to_str().unwrap_or_default().trim();
        let unquoted = key
            .strip_prefix('"')
            .and_then(|key| key.strip_suffix('"'))
            .unwrap_or(key);
        match Self::new(unquoted) {
            Some(key) if values.next().is_none() => Ok(Some(key)),
            _ => Err(Error::new(
                ErrorCode::Malformed,
                "send exactly one `idempotency-key` of 16 to 255 characters, such as a random UUID",
            )),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
