use ::schemars::JsonSchema;
use ::serde::de::DeserializeOwned;
use ::validator::Validate;
pub use {serde, serde_json, validator};

pub use crate::attributes::FieldAttributes;
pub use crate::decoding::Decoding;

/// What stands beside `Form`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` lacks a derive that a form needs",
    label = "needs `Deserialize`, `JsonSchema` and `Validate` as well",
    note = "put `#[derive(Form, serde::Deserialize, schemars::JsonSchema, validator::Validate)]` on \
            `{Self}`"
)]
pub trait Derived: DeserializeOwned + JsonSchema + Validate + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema + Validate + Send + Sync + 'static> Derived for T {}

/// The value of `#[field(initial = ..)]`.
///
/// # Panics
///
/// When the value is not JSON, such as a map whose keys are no strings.
pub fn initial(value: impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).expect("an initial value is JSON")
}
