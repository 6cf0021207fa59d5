//! Integers that are numbers in JavaScript.

use std::num::{NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU64, NonZeroU128, NonZeroUsize};

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde::ser::{Error as _, Serializer};

use super::encoding::{As, EncodedAs, ItemFormat};

/// The largest integer that a JavaScript number holds exactly together with its neighbours,
/// 2<sup>53</sup> − 1.
pub const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// An integer of 64 or more bits that is a `number` in JavaScript, instead of a `bigint`.
///
/// It suits numbers that stay small, such as counts and sizes. A value beyond ±(2<sup>53</sup> − 1)
/// is an error in both directions, never rounded.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema)]
/// struct Disk {
///     #[serde(with = "mizan_core::wire::AsNumber::<u64>")]
///     free_bytes: u64,
/// }
///
/// assert!(serde_json::to_string(&Disk { free_bytes: 1 << 40 }).is_ok());
/// let error = serde_json::to_string(&Disk { free_bytes: 1 << 60 }).unwrap_err();
/// assert!(error.to_string().contains("1152921504606846976"));
/// ```
pub type AsNumber<T> = As<NumberFormat, T>;

/// The encoding of [`AsNumber`].
#[derive(Clone, Copy, Debug)]
pub enum NumberFormat {}

impl ItemFormat for NumberFormat {}

macro_rules! encode_as_number {
    ($($ty:ty, $min:expr, $get:expr, $schema:tt;)+) => {$(
        impl EncodedAs<NumberFormat> for $ty {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let get: fn($ty) -> _ = $get;
                match i64::try_from(get(*self)) {
                    Ok(number) if is_safe(number) => serializer.serialize_i64(number),
                    _ => Err(S::Error::custom(format_args!(
                        "{self} is beyond ±(2^53 - 1), which a JavaScript number cannot hold \
                         exactly; remove `as_number`, or use `mizan_core::wire::AsText`"
                    ))),
                }
            }

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let get: fn($ty) -> _ = $get;
                let value = <$ty>::deserialize(deserializer)?;
                match i64::try_from(get(value)) {
                    Ok(number) if is_safe(number) => Ok(value),
                    _ => Err(D::Error::custom(format_args!(
                        "must be at least {} and at most {MAX_SAFE_INTEGER}", $min
                    ))),
                }
            }

            fn schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

fn is_safe(number: i64) -> bool {
    number.unsigned_abs() <= MAX_SAFE_INTEGER.unsigned_abs()
}

encode_as_number! {
    i64, -MAX_SAFE_INTEGER, |n| n, { "type": "integer", "minimum": -MAX_SAFE_INTEGER, "maximum": MAX_SAFE_INTEGER };
    i128, -MAX_SAFE_INTEGER, |n| n, { "type": "integer", "minimum": -MAX_SAFE_INTEGER, "maximum": MAX_SAFE_INTEGER };
    isize, -MAX_SAFE_INTEGER, |n| n, { "type": "integer", "minimum": -MAX_SAFE_INTEGER, "maximum": MAX_SAFE_INTEGER };
    u64, 0, |n| n, { "type": "integer", "minimum": 0, "maximum": MAX_SAFE_INTEGER };
    u128, 0, |n| n, { "type": "integer", "minimum": 0, "maximum": MAX_SAFE_INTEGER };
    usize, 0, |n| n, { "type": "integer", "minimum": 0, "maximum": MAX_SAFE_INTEGER };
    NonZeroI64, -MAX_SAFE_INTEGER, |n| n.get(), {
        "type": "integer",
        "minimum": -MAX_SAFE_INTEGER,
        "maximum": MAX_SAFE_INTEGER,
        "not": { "const": 0 }
    };
    NonZeroI128, -MAX_SAFE_INTEGER, |n| n.get(), {
        "type": "integer",
        "minimum": -MAX_SAFE_INTEGER,
        "maximum": MAX_SAFE_INTEGER,
        "not": { "const": 0 }
    };
    NonZeroIsize, -MAX_SAFE_INTEGER, |n| n.get(), {
        "type": "integer",
        "minimum": -MAX_SAFE_INTEGER,
        "maximum": MAX_SAFE_INTEGER,
        "not": { "const": 0 }
    };
    NonZeroU64, 1, |n| n.get(), { "type": "integer", "minimum": 1, "maximum": MAX_SAFE_INTEGER };
    NonZeroU128, 1, |n| n.get(), { "type": "integer", "minimum": 1, "maximum": MAX_SAFE_INTEGER };
    NonZeroUsize, 1, |n| n.get(), { "type": "integer", "minimum": 1, "maximum": MAX_SAFE_INTEGER };
}
