//! The initial values of a form.

use mizan_core::Error;
use serde::Serialize;
use serde_json::{Map, Value};

/// The initial values of a form, by the wire names of its fields.
///
/// The values of password and file fields are never sent to a client, even if they are set here.
///
/// ```
/// use mizan_forms::InitialValues;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Profile {
///     name: String,
///     city: String,
/// }
///
/// fn main() -> Result<(), mizan_core::Error> {
///     let profile = Profile { name: "Ada".to_owned(), city: "London".to_owned() };
///     let values = InitialValues::from_struct(&profile)?.set("newsletter", true);
///     let expected = InitialValues::new().set("name", "Ada").set("city", "London");
///     assert_eq!(values, expected.set("newsletter", true));
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitialValues(pub(crate) Map<String, Value>);

impl InitialValues {
    /// Creates an empty set of values: each field is empty or has the value of its
    /// `#[field(initial = ..)]`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates initial values from a struct whose fields have the same names as the fields of the
    /// form, such as a row of a database table. Members without a field in the form are ignored.
    ///
    /// # Errors
    ///
    /// Returns an internal error if `value` does not serialize to a JSON object.
    pub fn from_struct(value: &impl Serialize) -> Result<Self, Error> {
        match serde_json::to_value(value)? {
            Value::Object(values) => Ok(Self(values)),
            _ => Err(Error::internal(
                "initial values of a form must serialize to a JSON object",
            )),
        }
    }

    /// Sets the value of the field `name`.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }
}
