//! A serializer that checks numbers and the nesting depth before another serializer writes them.

use std::fmt;

use serde::Serialize;
use serde::ser::{
    Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// The maximum nesting depth of values for clients: objects, arrays and newtypes.
///
/// serde serializes recursively, so that a deeper value could overflow the stack, which would abort
/// the process.
pub const MAX_OUTPUT_DEPTH: usize = 512;

/// The start of the message for values that nest too deeply.
const TOO_DEEP: &str = "the value is nested more than";

/// Returns `true` if the value is nested too deeply.
pub(super) fn is_too_deep(error: &serde_json::Error) -> bool {
    error.to_string().starts_with(TOO_DEEP)
}

/// A serializer that rejects NaN, infinity and deep nesting, and passes everything else to `S`.
pub(super) struct Checked<S> {
    inner: S,
    /// The number of levels that may follow.
    levels: usize,
}

impl<S: Serializer> Checked<S> {
    pub(super) fn new(inner: S) -> Self {
        let levels = MAX_OUTPUT_DEPTH;
        Self { inner, levels }
    }

    /// Returns the number of levels within a value, unless there are too many.
    fn next_level(&self) -> Result<usize, S::Error> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(levels),
            None => Err(too_deep()),
        }
    }
}

#[cold]
fn too_deep<E: Error>() -> E {
    E::custom(format_args!("{TOO_DEEP} {MAX_OUTPUT_DEPTH} levels deep"))
}

#[cold]
fn not_finite<E: Error>(number: f64) -> E {
    E::custom(format_args!(
        "{number} is not a number in JSON; send an `Option`, or check the value"
    ))
}

/// A value within a [`Checked`] serializer.
struct CheckedValue<'a, T: ?Sized> {
    value: &'a T,
    levels: usize,
}

impl<T: Serialize + ?Sized> Serialize for CheckedValue<'_, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        let levels = self.levels;
        self.value.serialize(Checked { inner, levels })
    }
}

/// An object or an array within a [`Checked`] serializer.
pub(super) struct Compound<C> {
    inner: C,
    levels: usize,
}

impl<C> Compound<C> {
    #[inline]
    fn checked<'a, T: ?Sized>(&self, value: &'a T) -> CheckedValue<'a, T> {
        let levels = self.levels;
        CheckedValue { value, levels }
    }
}

macro_rules! forward {
    ($($method:ident: $ty:ty,)+) => {$(
        #[inline]
        fn $method(self, value: $ty) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        }
    )+};
}

macro_rules! begin {
    ($($method:ident($($argument:ident: $ty:ty),*) -> $compound:ident;)+) => {$(
        #[inline]
        fn $method(self, $($argument: $ty),*) -> Result<Self::$compound, S::Error> {
            let levels = self.next_level()?;
            let inner = self.inner.$method($($argument),*)?;
            Ok(Compound { inner, levels })
        }
    )+};
}

impl<S: Serializer> Serializer for Checked<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Compound<S::SerializeSeq>;
    type SerializeTuple = Compound<S::SerializeTuple>;
    type SerializeTupleStruct = Compound<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Compound<S::SerializeTupleVariant>;
    type SerializeMap = Compound<S::SerializeMap>;
    type SerializeStruct = Compound<S::SerializeStruct>;
    type SerializeStructVariant = Compound<S::SerializeStructVariant>;

    forward! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_char: char,
        serialize_str: &str,
        serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    }

    begin! {
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(
            name: &'static str, index: u32, variant: &'static str, len: usize
        ) -> SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct;
        serialize_struct_variant(
            name: &'static str, index: u32, variant: &'static str, len: usize
        ) -> SerializeStructVariant;
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        if value.is_finite() {
            self.inner.serialize_f32(value)
        } else {
            Err(not_finite(value.into()))
        }
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        if value.is_finite() {
            self.inner.serialize_f64(value)
        } else {
            Err(not_finite(value))
        }
    }

    #[inline]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_none()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let levels = self.levels;
        self.inner.serialize_some(&CheckedValue { value, levels })
    }

    #[inline]
    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let levels = self.next_level()?;
        let value = CheckedValue { value, levels };
        self.inner.serialize_newtype_struct(name, &value)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let levels = self.next_level()?;
        let value = CheckedValue { value, levels };
        self.inner
            .serialize_newtype_variant(name, index, variant, &value)
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! compound {
    ($($compound:ident($method:ident$(, $key:ident: $ty:ty)?);)+) => {$(
        impl<C: $compound> $compound for Compound<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($key: $ty,)?
                value: &T,
            ) -> Result<(), C::Error> {
                let value = self.checked(value);
                self.inner.$method($($key,)? &value)
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )+};
}

compound! {
    SerializeSeq(serialize_element);
    SerializeTuple(serialize_element);
    SerializeTupleStruct(serialize_field);
    SerializeTupleVariant(serialize_field);
    SerializeStruct(serialize_field, key: &'static str);
    SerializeStructVariant(serialize_field, key: &'static str);
}

impl<C: SerializeMap> SerializeMap for Compound<C> {
    type Ok = C::Ok;
    type Error = C::Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.inner.serialize_key(key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let value = self.checked(value);
        self.inner.serialize_value(&value)
    }

    #[inline]
    fn serialize_entry<K: Serialize + ?Sized, T: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &T,
    ) -> Result<(), C::Error> {
        let value = self.checked(value);
        self.inner.serialize_entry(key, &value)
    }

    #[inline]
    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}
