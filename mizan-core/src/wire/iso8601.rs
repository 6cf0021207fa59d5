//! Times and durations of the standard library in the formats of ISO 8601.

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde::ser::{Error as _, Serializer};

use super::encoding::{As, EncodedAs, ItemFormat};

/// A `SystemTime` or a `Duration` in the formats of ISO 8601 and RFC 3339.
///
/// serde represents both as objects with seconds and nanoseconds. In this encoding, a `SystemTime`
/// is text such as `"2026-01-31T18:30:00Z"`, which the client reads and writes as a `Date`, and a
/// `Duration` is text such as `"PT1H30M"`, like the types of `jiff`.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize, Serialize, JsonSchema)]
/// struct Session {
///     #[serde(with = "mizan_core::wire::Iso8601::<SystemTime>")]
///     since: SystemTime,
///     #[serde(with = "mizan_core::wire::Iso8601::<Duration>")]
///     idle: Duration,
/// }
///
/// let session = Session {
///     since: SystemTime::UNIX_EPOCH,
///     idle: Duration::from_millis(90_500),
/// };
/// let json = r#"{"since":"1970-01-01T00:00:00Z","idle":"PT1M30.5S"}"#;
/// assert_eq!(serde_json::to_string(&session)?, json);
/// # Ok::<_, serde_json::Error>(())
/// ```
pub type Iso8601<T> = As<Iso8601Format, T>;

/// The encoding of [`Iso8601`].
#[derive(Clone, Copy, Debug)]
pub enum Iso8601Format {}

impl ItemFormat for Iso8601Format {}

impl EncodedAs<Iso8601Format> for SystemTime {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let timestamp = Timestamp::try_from(*self).map_err(S::Error::custom)?;
        serializer.collect_str(&timestamp)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let timestamp: Timestamp = text.parse().map_err(D::Error::custom)?;
        Ok(timestamp.into())
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl EncodedAs<Iso8601Format> for Duration {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let duration = SignedDuration::try_from(*self).map_err(S::Error::custom)?;
        serializer.collect_str(&duration)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let duration: SignedDuration = text.parse().map_err(D::Error::custom)?;
        Self::try_from(duration).map_err(|_| D::Error::custom("must not be negative"))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "duration" })
    }
}
