//! Fields that a client can leave as they are, clear or replace.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Deserializer;
use serde::ser::{Error as _, Serializer};

use super::encoding::{As, EncodedAs, Plain, decode_option};

/// A field of a change: absent leaves the value, `null` clears it, and anything else replaces it.
///
/// Without this encoding, serde reads `null` and an absent `Option<Option<T>>` as `None`. `default`
/// is required, because an absent field would otherwise be an error. `skip_serializing_if` is
/// required only in a type that the server sends. An argument of a `#[client]` function needs no
/// attribute.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Deserialize, PartialEq, Serialize, JsonSchema)]
/// struct Change {
///     #[serde(
///         with = "mizan_core::wire::Patch::<Option<Option<String>>>",
///         default,
///         skip_serializing_if = "Option::is_none"
///     )]
///     nickname: Option<Option<String>>,
/// }
///
/// let change = |json| serde_json::from_str::<Change>(json).map(|change| change.nickname);
/// assert_eq!(change("{}")?, None);
/// assert_eq!(change(r#"{"nickname":null}"#)?, Some(None));
/// assert_eq!(change(r#"{"nickname":"Mia"}"#)?, Some(Some("Mia".to_owned())));
/// # Ok::<_, serde_json::Error>(())
/// ```
///
/// The second parameter encodes the value itself:
/// `Patch::<Option<Option<u64>>, mizan_core::wire::format::Number>`.
pub type Patch<T, F = Plain> = As<PatchFormat<F>, T>;

/// The encoding of [`Patch`], with the encoding of the value.
#[derive(Clone, Copy, Debug)]
pub struct PatchFormat<F>(std::marker::PhantomData<F>);

impl<F: 'static, T: EncodedAs<F>> EncodedAs<PatchFormat<F>> for Option<Option<T>> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(Some(value)) => value.encode(serializer),
            Some(None) => serializer.serialize_none(),
            None => Err(S::Error::custom(
                "an absent value cannot be written as a value; add \
                 `#[serde(skip_serializing_if = \"Option::is_none\")]`",
            )),
        }
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode_option(deserializer).map(Some)
    }

    fn schema(schemas: &mut SchemaGenerator) -> Schema {
        Option::<As<F, T>>::json_schema(schemas)
    }
}
