use serde_json::Value;
use validator::{Validate, ValidationErrors};

use crate::attributes::FieldAttributes;
use crate::decoding::Decoding;

/// The fields of a form or of a group in one. `#[derive(Form)]` writes this; a field with
/// `#[validate(nested)]` needs it of its type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no group of fields",
    label = "nested in a form, this needs to tell its fields",
    note = "put `#[derive(mizan_forms::Form)]` on `{Self}`, without `#[form(name = \"..\")]`"
)]
pub trait FormFields {
    /// The fields that could be decoded, each an `Option`, with the same constraints.
    #[doc(hidden)]
    type Partial: Validate;

    /// What the fields' attributes say.
    #[doc(hidden)]
    fn attributes() -> &'static [FieldAttributes];

    /// Decodes what can be decoded.
    #[doc(hidden)]
    fn decode(values: &Value, decoding: &mut Decoding) -> Self::Partial;
}

impl<T: FormFields> FormFields for Vec<T> {
    type Partial = Vec<T::Partial>;

    fn attributes() -> &'static [FieldAttributes] {
        T::attributes()
    }

    fn decode(values: &Value, decoding: &mut Decoding) -> Self::Partial {
        let Value::Array(rows) = values else {
            decoding.failed("Must be a list.");
            return Vec::new();
        };
        let rows = rows.iter().enumerate();
        rows.map(|(index, row)| {
            decoding.at(&index.to_string(), |decoding| T::decode(row, decoding))
        })
        .collect()
    }
}

impl<T: FormFields> FormFields for Option<T> {
    type Partial = Maybe<T::Partial>;

    fn attributes() -> &'static [FieldAttributes] {
        T::attributes()
    }

    fn decode(values: &Value, decoding: &mut Decoding) -> Self::Partial {
        Maybe((!values.is_null()).then(|| T::decode(values, decoding)))
    }
}

impl<T: FormFields> FormFields for Box<T> {
    type Partial = T::Partial;

    fn attributes() -> &'static [FieldAttributes] {
        T::attributes()
    }

    fn decode(values: &Value, decoding: &mut Decoding) -> Self::Partial {
        T::decode(values, decoding)
    }
}

/// An option that can be validated, which `validator` knows only by the way that it is written.
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
