use mizan_core::Error;
use serde::Serialize;
use serde_json::{Map, Value};

/// What the fields of a form hold at first, by their names on the wire.
///
/// Passwords and files never go to a client, also where they are set here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Initial(pub(crate) Map<String, Value>);

impl Initial {
    /// Nothing: every field is empty, or has what its `#[field(initial = ..)]` says.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The members of a value whose fields have the names of the form's, such as a row of a table.
    /// What the form has no field for is left out.
    ///
    /// # Errors
    ///
    /// An internal error when the value is not a JSON object.
    pub fn of(value: &impl Serialize) -> Result<Self, Error> {
        match serde_json::to_value(value)? {
            Value::Object(values) => Ok(Self(values)),
            _ => Err(Error::internal(
                "the initial values of a form are a struct's",
            )),
        }
    }

    /// Sets the field `name`.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }
}
