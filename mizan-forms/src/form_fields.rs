//! The trait of forms and of the groups of fields in them.

use serde_json::Value;
use validator::{Validate, ValidationErrors};

use crate::attributes::FieldAttributes;
use crate::field_decoder::FieldDecoder;

/// A struct whose fields are the fields of a form, or of a group in a form.
///
/// `#[derive(Form)]` implements this trait. The type of a field with `#[validate(nested)]` must
/// implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a group of form fields",
    label = "a nested field of a form requires this trait",
    note = "add `#[derive(mizan_forms::Form)]` to `{Self}`, without `#[form(name = \"..\")]`"
)]
pub trait FormFields {
    /// The struct with each field wrapped in an `Option`, and with the same constraints. It
    /// contains the fields that could be decoded.
    #[doc(hidden)]
    type Partial: Validate;

    /// Returns the attributes of the fields.
    #[doc(hidden)]
    fn attributes() -> &'static [FieldAttributes];

    /// Decodes the fields that can be decoded.
    #[doc(hidden)]
    fn decode(values: &Value, decoder: &mut FieldDecoder) -> Self::Partial;
}

impl<T: FormFields> FormFields for Vec<T> {
    type Partial = Vec<T::Partial>;

    fn attributes() -> &'static [FieldAttributes] {
        T::attributes()
    }

    fn decode(values: &Value, decoder: &mut FieldDecoder) -> Self::Partial {
        decoder.rows(values, T::decode)
    }
}

impl<T: FormFields> FormFields for Option<T> {
    type Partial = Maybe<T::Partial>;

    fn attributes() -> &'static [FieldAttributes] {
        T::attributes()
    }

    fn decode(values: &Value, decoder: &mut FieldDecoder) -> Self::Partial {
        Maybe((!values.is_null()).then(|| T::decode(values, decoder)))
    }
}

impl<T: FormFields> FormFields for Box<T> {
    type Partial = T::Partial;

    fn attributes() -> &'static [FieldAttributes] {
        T::attributes()
    }

    fn decode(values: &Value, decoder: &mut FieldDecoder) -> Self::Partial {
        T::decode(values, decoder)
    }
}

/// An optional group that implements `Validate`.
///
/// The derive macro of `validator` recognizes an `Option` only by its spelling, so it does not
/// recognize an associated type that is an `Option`.
#[doc(hidden)]
pub struct Maybe<P>(Option<P>);

impl<P: Validate> Validate for Maybe<P> {
    fn validate(&self) -> Result<(), ValidationErrors> {
        self.0.as_ref().map_or(Ok(()), Validate::validate)
    }
}

impl<P: validator::ValidateLength<u64>> validator::ValidateLength<u64> for Maybe<P> {
    fn length(&self) -> Option<u64> {
        self.0.as_ref()?.length()
    }
}

impl<P> serde::Serialize for Maybe<P> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}
