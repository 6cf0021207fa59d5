//! Bytes in base64.

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;

use super::encoding::{As, EncodedAs, ItemFormat};

/// Bytes as text in base64 (RFC 4648, section 4), which the client reads and writes as a
/// `Uint8Array`.
///
/// It supports `Vec<u8>`, `Bytes`, `Box<[u8]>` and `[u8; N]`. The padding is required.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize, Serialize, JsonSchema)]
/// struct Key {
///     #[serde(with = "mizan_core::wire::Base64::<[u8; 4]>")]
///     id: [u8; 4],
/// }
///
/// let key: Key = serde_json::from_str(r#"{"id":"AQIDBA=="}"#)?;
/// assert_eq!(key.id, [1, 2, 3, 4]);
/// assert!(serde_json::from_str::<Key>(r#"{"id":"AQIDBA"}"#).is_err());
/// # Ok::<_, serde_json::Error>(())
/// ```
pub type Base64<T> = As<Base64Format, T>;

/// The encoding of [`Base64`].
#[derive(Clone, Copy, Debug)]
pub enum Base64Format {}

impl ItemFormat for Base64Format {}

fn encode<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &STANDARD))
}

fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD
        .decode(&*text)
        .map_err(|_| D::Error::custom("must be base64"))
}

macro_rules! encode_as_base64 {
    ($($ty:ty)+) => {$(
        impl EncodedAs<Base64Format> for $ty {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                encode(self, serializer)
            }

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(decode(deserializer)?.into())
            }

            fn schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "contentEncoding": "base64" })
            }
        }
    )+};
}

encode_as_base64! { Vec<u8> Bytes Box<[u8]> }

impl<const N: usize> EncodedAs<Base64Format> for [u8; N] {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        encode(self, serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = decode(deserializer)?;
        Self::try_from(&*bytes)
            .map_err(|_| D::Error::custom(format_args!("must have exactly {N} bytes")))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        let length = N.div_ceil(3) * 4;
        json_schema!({
            "type": "string",
            "contentEncoding": "base64",
            "minLength": length,
            "maxLength": length,
        })
    }
}
