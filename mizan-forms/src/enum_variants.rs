//! The variants of an enum in the order of their declaration.
//!
//! schemars lists the variants without a doc comment before those with one. The `Deserialize`
//! implementation of an enum passes all names to its deserializer, in the order of declaration.

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Returns the names of the variants if `T` is an enum, an optional enum, or a list of enums.
pub fn enum_variants<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
    let mut variants: &'static [&'static str] = &[];
    let probe = Probe(&mut variants);
    // The probe has no value to return, so decoding always fails.
    let _ = T::deserialize(probe).is_ok();
    variants
}

/// A deserializer that records the variants of the first enum, and fails.
struct Probe<'p>(&'p mut &'static [&'static str]);

/// The error of every call.
#[derive(Debug)]
struct NoValue;

impl std::fmt::Display for NoValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no value")
    }
}

impl std::error::Error for NoValue {}

impl de::Error for NoValue {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = NoValue;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NoValue> {
        Err(NoValue)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NoValue> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, NoValue> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NoValue> {
        visitor.visit_seq(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, NoValue> {
        *self.0 = variants;
        Err(NoValue)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> SeqAccess<'de> for Probe<'_> {
    type Error = NoValue;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, NoValue> {
        seed.deserialize(Probe(self.0)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        /// As the sea.
        DarkBlue,
        Red,
        #[serde(rename = "gray")]
        Grey,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only the type is used")]
    struct Painted(Colour);

    #[test]
    fn lists_variants_in_order_of_declaration() {
        let variants = ["dark_blue", "red", "gray"];
        assert_eq!(enum_variants::<Colour>(), variants);
        assert_eq!(enum_variants::<Option<Colour>>(), variants);
        assert_eq!(enum_variants::<Option<Vec<Box<Colour>>>>(), variants);
        assert_eq!(enum_variants::<Painted>(), variants);
        assert!(enum_variants::<String>().is_empty());
        assert!(enum_variants::<Vec<u8>>().is_empty());
    }
}
