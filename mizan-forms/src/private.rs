use ::schemars::JsonSchema;
use ::serde::de::DeserializeOwned;
use ::validator::Validate;
pub use {serde, serde_json, validator};

pub use crate::attributes::FieldAttributes;
pub use crate::definition::define_form;
pub use crate::enum_variants::enum_variants;
pub use crate::field_decoder::FieldDecoder;

/// The traits that a form must derive besides `Form`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` lacks a derive that a form requires",
    label = "requires `Deserialize`, `JsonSchema` and `Validate`",
    note = "add `#[derive(Form, serde::Deserialize, schemars::JsonSchema, validator::Validate)]` to \
            `{Self}`"
)]
pub trait RequiredDerives:
    DeserializeOwned + JsonSchema + Validate + Send + Sync + 'static
{
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema + Validate + Send + Sync + 'static> RequiredDerives for T {}

/// Returns the value of `#[field(initial = ..)]` as JSON.
///
/// # Panics
///
/// Panics if the value cannot be serialized as JSON, such as a map whose keys are not strings.
pub fn initial(value: impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).expect("the initial value of a field serializes to JSON")
}
