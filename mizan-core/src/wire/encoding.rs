//! The mechanism that all encodings share.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeOwned, Deserializer};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// A type that the encoding `F` can represent in JSON.
///
/// Implementations for containers apply the encoding to their items.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not have this encoding",
    label = "not supported by the type in `#[serde(with = \"..\")]`",
    note = "the type parameter in `with` is the type of the field, as in \
            `#[serde(with = \"mizan_core::wire::AsNumber::<Option<i64>>\")]`; see \
            `mizan_core::wire` for the types that each encoding supports"
)]
pub trait EncodedAs<F>: Sized {
    /// Serializes the value in this encoding.
    ///
    /// # Errors
    ///
    /// Returns an error if the encoding cannot represent the value, and any error of the serializer.
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Deserializes a value from this encoding.
    ///
    /// # Errors
    ///
    /// Returns an error if the input is not in this encoding.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Returns the schema of this encoding.
    fn schema(schemas: &mut SchemaGenerator) -> Schema;
}

/// An encoding that containers apply to their items.
pub(super) trait ItemFormat {}

/// The form that serde itself gives a type, as the inner encoding of [`Patch`](super::Patch).
#[derive(Clone, Copy, Debug)]
pub enum Plain {}

/// The encoding `F` of the type `T`, for `#[serde(with = "..")]`.
///
/// Use its aliases, such as [`AsNumber`](super::AsNumber).
pub struct As<F, T>(PhantomData<fn() -> (F, T)>);

impl<F, T: EncodedAs<F>> As<F, T> {
    /// Serializes `value`. serde calls this function.
    ///
    /// # Errors
    ///
    /// Returns an error if the encoding cannot represent the value, and any error of the serializer.
    pub fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.encode(serializer)
    }

    /// Deserializes a value. serde calls this function.
    ///
    /// # Errors
    ///
    /// Returns an error if the input is not in this encoding.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::decode(deserializer)
    }

    /// Returns a value that serializes as `value` does in this encoding.
    pub fn encoded(value: &T) -> impl Serialize {
        Encoded::<F, T>(value, PhantomData)
    }
}

impl<F, T> fmt::Debug for As<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("As")
    }
}

impl<F: 'static, T: EncodedAs<F>> JsonSchema for As<F, T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        std::any::type_name::<Self>().into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        T::schema(schemas)
    }
}

/// A borrowed value with the encoding `F`.
struct Encoded<'a, F, T>(&'a T, PhantomData<F>);

impl<F, T: EncodedAs<F>> Serialize for Encoded<'_, F, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.encode(serializer)
    }
}

/// A decoded value of the encoding `F`.
struct Decoded<F, T>(T, PhantomData<F>);

impl<'de, F, T: EncodedAs<F>> Deserialize<'de> for Decoded<F, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(T::decode(deserializer)?, PhantomData))
    }
}

impl<T: Serialize + DeserializeOwned + JsonSchema> EncodedAs<Plain> for T {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer)
    }

    fn schema(schemas: &mut SchemaGenerator) -> Schema {
        schemas.subschema_for::<T>()
    }
}

impl<F: ItemFormat + 'static, T: EncodedAs<F>> EncodedAs<F> for Option<T> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => serializer.serialize_some(&As::<F, T>::encoded(value)),
            None => serializer.serialize_none(),
        }
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode_option(deserializer)
    }

    fn schema(schemas: &mut SchemaGenerator) -> Schema {
        Option::<As<F, T>>::json_schema(schemas)
    }
}

impl<F: ItemFormat + 'static, T: EncodedAs<F>> EncodedAs<F> for Box<T> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::encode(self, serializer)
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::decode(deserializer).map(Self::new)
    }

    fn schema(schemas: &mut SchemaGenerator) -> Schema {
        T::schema(schemas)
    }
}

impl<F: ItemFormat + 'static, T: EncodedAs<F>> EncodedAs<F> for Vec<T> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(As::<F, T>::encoded))
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::<Decoded<F, T>>::deserialize(deserializer)?;
        Ok(items.into_iter().map(|item| item.0).collect())
    }

    fn schema(schemas: &mut SchemaGenerator) -> Schema {
        Vec::<As<F, T>>::json_schema(schemas)
    }
}

impl<F, K, V> EncodedAs<F> for BTreeMap<K, V>
where
    F: ItemFormat + 'static,
    K: Serialize + DeserializeOwned + JsonSchema + Ord,
    V: EncodedAs<F>,
{
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.iter();
        serializer.collect_map(members.map(|(key, value)| (key, As::<F, V>::encoded(value))))
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = BTreeMap::<K, Decoded<F, V>>::deserialize(deserializer)?;
        Ok(members
            .into_iter()
            .map(|(key, value)| (key, value.0))
            .collect())
    }

    fn schema(schemas: &mut SchemaGenerator) -> Schema {
        BTreeMap::<K, As<F, V>>::json_schema(schemas)
    }
}

impl<F, K, V, H> EncodedAs<F> for HashMap<K, V, H>
where
    F: ItemFormat + 'static,
    K: Serialize + DeserializeOwned + JsonSchema + Eq + Hash,
    V: EncodedAs<F>,
    H: BuildHasher + Default,
{
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.iter();
        serializer.collect_map(members.map(|(key, value)| (key, As::<F, V>::encoded(value))))
    }

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = HashMap::<K, Decoded<F, V>, H>::deserialize(deserializer)?;
        Ok(members
            .into_iter()
            .map(|(key, value)| (key, value.0))
            .collect())
    }

    fn schema(schemas: &mut SchemaGenerator) -> Schema {
        HashMap::<K, As<F, V>>::json_schema(schemas)
    }
}

/// Decodes `null` as `None`, and anything else in the encoding `F`.
pub(super) fn decode_option<'de, F, T: EncodedAs<F>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = Option::<Decoded<F, T>>::deserialize(deserializer)?;
    Ok(value.map(|value| value.0))
}
