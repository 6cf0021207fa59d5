use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::FormFields;

/// Decodes the fields of a form one by one, and keeps where that failed.
#[derive(Default)]
pub struct Decoding {
    path: Vec<String>,
    failures: Vec<(String, String)>,
}

impl Decoding {
    /// The paths of the fields that could not be decoded, with what their types say.
    pub(crate) fn into_failures(self) -> Vec<(String, String)> {
        self.failures
    }

    /// A field as its type decodes it. One that is absent is none that failed.
    pub fn field<T: DeserializeOwned>(&mut self, values: &Value, name: &str) -> Option<T> {
        self.field_with(values, name, |value| T::deserialize(value))
    }

    /// A field as a function decodes it.
    pub fn field_with<'v, T>(
        &mut self,
        values: &'v Value,
        name: &str,
        decode: impl FnOnce(&'v Value) -> Result<T, serde_json::Error>,
    ) -> Option<T> {
        match decode(values.get(name)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.at(name, |decoding| decoding.failed(&error.to_string()));
                None
            }
        }
    }

    /// Notes when a group of fields is something else.
    pub fn object(&mut self, values: &Value) {
        if !values.is_object() {
            self.failed("Must be an object.");
        }
    }

    /// A group of fields, or a list of such.
    pub fn nested<T: FormFields>(&mut self, values: &Value, name: &str) -> Option<T::Partial> {
        let value = values.get(name)?;
        Some(self.at(name, |decoding| T::decode(value, decoding)))
    }

    pub(crate) fn at<T>(&mut self, name: &str, decode: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(name.to_owned());
        let decoded = decode(self);
        self.path.pop();
        decoded
    }

    pub(crate) fn failed(&mut self, message: &str) {
        self.failures
            .push((self.path.join("."), message.to_owned()));
    }
}
