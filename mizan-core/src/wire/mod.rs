//! Encodings of fields, for types whose serde form is not the best one for clients.
//!
//! The types of this module are used with `#[serde(with = "..")]`. serde calls their functions, and
//! schemars uses their schema, so one attribute changes both. The type parameter is the type of the
//! field:
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use bytes::Bytes;
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, Serialize, JsonSchema)]
//! struct Track {
//!     /// A number in JavaScript, not a `bigint`.
//!     #[serde(with = "mizan_core::wire::AsNumber::<u64>")]
//!     plays: u64,
//!     /// Text, such as `"340282366920938463463374607431768211455"`.
//!     #[serde(with = "mizan_core::wire::AsText::<u128>")]
//!     checksum: u128,
//!     /// A `Uint8Array` in JavaScript.
//!     #[serde(with = "mizan_core::wire::Base64::<Bytes>")]
//!     cover: Bytes,
//!     /// A duration such as `"PT3M12S"`.
//!     #[serde(with = "mizan_core::wire::Iso8601::<Duration>")]
//!     length: Duration,
//!     /// A `Date` in JavaScript. A field of the type `Option` also needs `default`, because serde
//!     /// otherwise requires each field that has `with`.
//!     #[serde(with = "mizan_core::wire::Iso8601::<Option<SystemTime>>", default)]
//!     released: Option<SystemTime>,
//! }
//!
//! let track: Track = serde_json::from_str(
//!     r#"{ "plays": 7, "checksum": "1", "cover": "AAEC", "length": "PT3M12S" }"#,
//! )?;
//! assert_eq!(track.cover, [0, 1, 2].as_slice());
//! assert_eq!(track.length, Duration::from_secs(192));
//! assert_eq!(track.released, None);
//! # Ok::<_, serde_json::Error>(())
//! ```
//!
//! Each of them also applies to `Option<T>`, `Vec<T>`, `Box<T>` and maps with such values:
//! `AsNumber::<Vec<u64>>`.
//!
//! For the arguments of a function, `#[client(as_number)]` is short for [`AsNumber`], and an argument
//! of the type `Option<Option<T>>` is a [`Patch`] by itself.
//!
//! # Numbers
//!
//! | type | JSON | exact |
//! |---|---|---|
//! | integers of 64 and 128 bits | number; the client reads and writes it as a `bigint` | yes |
//! | the same with [`AsNumber`] | number; values beyond 2<sup>53</sup> − 1 are errors | yes |
//! | the same with [`AsText`] | text | yes |
//! | `f32`, `f64` | number; NaN and infinity are errors | yes |
//! | `rust_decimal::Decimal` | text | yes |
//! | `serde_json::Number` | number | no: the client rounds integers beyond 2<sup>53</sup> |
//! | `serde_json::Value`, `RawValue` | any JSON | no: the client rounds integers beyond 2<sup>53</sup> inside |
//! | `Number`, `Value`, `RawValue` with [`AsText`] | text that contains JSON | yes |
//!
//! # Shapes that serde does not support
//!
//! Building the application fails for shapes that schemars describes although serde cannot read or write
//! them:
//!
//! - a flattened number or list, a flattened untagged enum of scalars, and a flattened map with integers
//!   as keys in an input;
//! - an internally tagged variant that contains a number or a list;
//! - a map whose keys are tuples, lists or structs, in an input, or in an output whose type also implements
//!   `Deserialize`;
//! - an enum in an output with variants that have `skip_serializing`, and the same names otherwise.
//!
//! The schema does not show flattened text, a flattened boolean, and the keys of a map in an output
//! that cannot be decoded; `None` as a key of a map is not JSON. Calls with these fail with an internal
//! error whose log names the field.
//!
//! # Exactness
//!
//! `serde_json` itself holds integers of 64 bits and doubles in a `Number`, so a longer number in a
//! `Number` or a `Value` is rounded when the server reads it. A `RawValue` keeps every digit.

mod base64;
mod encoding;
mod iso8601;
mod number;
mod patch;
mod text;

/// The encodings themselves, as markers without values.
pub mod format {
    pub use super::base64::Base64Format as Base64;
    pub use super::encoding::Plain;
    pub use super::iso8601::Iso8601Format as Iso8601;
    pub use super::number::NumberFormat as Number;
    pub use super::patch::PatchFormat as Patch;
    pub use super::text::TextFormat as Text;
}

pub use self::base64::Base64;
pub use self::encoding::{As, EncodedAs};
pub use self::iso8601::Iso8601;
pub use self::number::{AsNumber, MAX_SAFE_INTEGER};
pub use self::patch::Patch;
pub use self::text::AsText;
