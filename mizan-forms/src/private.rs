pub use {serde, serde_json, validator};

pub use crate::attributes::FieldAttributes;
pub use crate::decoding::Decoding;

/// The value of `#[field(initial = ..)]`.
///
/// # Panics
///
/// When the value is not JSON, such as a map whose keys are no strings.
pub fn initial(value: impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).expect("an initial value is JSON")
}
