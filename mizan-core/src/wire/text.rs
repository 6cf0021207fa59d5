//! Numbers and JSON as text, without any loss.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde_json::value::RawValue;
use serde_json::{Number, Value};

use super::encoding::{As, EncodedAs, ItemFormat};

/// A number, or any JSON, as text, which clients receive without loss.
///
/// It supports integers of 64 bits and more, and `Number`, `Value` and `Box<RawValue>` of
/// `serde_json`.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use schemars::JsonSchema;
/// use serde_json::value::RawValue;
///
/// #[derive(Deserialize, Serialize, JsonSchema)]
/// struct Webhook {
///     #[serde(with = "mizan_core::wire::AsText::<Box<RawValue>>")]
///     payload: Box<RawValue>,
/// }
///
/// let json = r#"{"payload":"{\"id\": 9007199254740993000000000000.5}"}"#;
/// let webhook: Webhook = serde_json::from_str(json)?;
/// assert_eq!(webhook.payload.get(), r#"{"id": 9007199254740993000000000000.5}"#);
/// assert_eq!(serde_json::to_string(&webhook)?, json);
/// # Ok::<_, serde_json::Error>(())
/// ```
pub type AsText<T> = As<TextFormat, T>;

/// The encoding of [`AsText`].
#[derive(Clone, Copy, Debug)]
pub enum TextFormat {}

impl ItemFormat for TextFormat {}

fn decode_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom(expected))
}

macro_rules! encode_integer_as_text {
    ($($ty:ty, $pattern:literal;)+) => {$(
        impl EncodedAs<TextFormat> for $ty {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                decode_text(deserializer, "enter a whole number", |text| {
                    let number = text.parse::<Self>().ok()?;
                    // `parse` also accepts `+1` and `01`.
                    (number.to_string() == text).then_some(number)
                })
            }

            fn schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    )+};
}

encode_integer_as_text! {
    i64, "^(0|-?[1-9][0-9]*)$";
    i128, "^(0|-?[1-9][0-9]*)$";
    isize, "^(0|-?[1-9][0-9]*)$";
    u64, "^(0|[1-9][0-9]*)$";
    u128, "^(0|[1-9][0-9]*)$";
    usize, "^(0|[1-9][0-9]*)$";
}

impl EncodedAs<TextFormat> for Number {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode_text(deserializer, "enter a number", |text| {
            let number = serde_json::from_str::<Self>(text).ok()?;
            // A longer integer would be rounded to a double.
            let is_rounded = number.is_f64() && !text.contains(['.', 'e', 'E']) && text != "-0";
            (!is_rounded && text.trim_ascii() == text).then_some(number)
        })
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
        })
    }
}

impl EncodedAs<TextFormat> for Value {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode_text(deserializer, "must be JSON", |text| {
            serde_json::from_str(text).ok()
        })
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "contentMediaType": "application/json" })
    }
}

impl EncodedAs<TextFormat> for Box<RawValue> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.get())
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode_text(deserializer, "must be JSON", |text| {
            RawValue::from_string(text.to_owned()).ok()
        })
    }

    fn schema(schemas: &mut SchemaGenerator) -> Schema {
        <Value as EncodedAs<TextFormat>>::schema(schemas)
    }
}
