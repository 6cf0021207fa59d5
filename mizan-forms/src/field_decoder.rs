//! Decoding of a form field by field, so that one invalid field does not hide errors in others.

use mizan_core::error::MAX_FIELD_ERRORS;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::validation::messages::{NOT_A_LIST, NOT_AN_OBJECT};

/// The maximum number of items of an array of a fixed length that are decoded one by one, because each
/// item needs a list of that length.
const MAX_ARRAY_ITEMS: usize = 32;

/// Decodes the fields of a form one by one and records the failures with their paths.
#[derive(Default)]
pub struct FieldDecoder {
    path: Vec<String>,
    failures: Vec<(String, String)>,
}

impl FieldDecoder {
    /// Returns the paths of the fields that could not be decoded, with the errors of their types.
    pub(crate) fn into_failures(self) -> Vec<(String, String)> {
        self.failures
    }

    /// Decodes a field with the `Deserialize` implementation of its type. A missing field is not a
    /// failure.
    pub fn field<T: DeserializeOwned>(&mut self, values: &Value, name: &str) -> Option<T> {
        self.field_with(values, name, |value| T::deserialize(value))
    }

    /// Decodes a field with a function, as in `#[serde(deserialize_with = "..")]`.
    pub fn field_with<T>(
        &mut self,
        values: &Value,
        name: &str,
        decode: impl Fn(&Value) -> Result<T, serde_json::Error>,
    ) -> Option<T> {
        let value = values.get(name)?;
        match decode(value) {
            Ok(value) => Some(value),
            Err(error) => {
                self.enter(name, |decoder| {
                    if !decoder.fail_items(value, &|list| decode(list).err()) {
                        decoder.fail(&error.to_string());
                    }
                });
                None
            }
        }
    }

    /// Decodes a param with a function. A missing param is null.
    pub fn param<T>(
        &mut self,
        values: &Value,
        name: &str,
        decode: impl Fn(&Value) -> Result<T, serde_json::Error>,
    ) -> Option<T> {
        match decode(values.get(name).unwrap_or(&Value::Null)) {
            Ok(value) => Some(value),
            Err(error) => {
                self.enter(name, |decoder| decoder.fail(&error.to_string()));
                None
            }
        }
    }

    /// Records a failure for each item of a list that cannot be decoded by itself. Returns false if
    /// there is none.
    fn fail_items(
        &mut self,
        value: &Value,
        decode_error: &dyn Fn(&Value) -> Option<serde_json::Error>,
    ) -> bool {
        let Value::Array(items) = value else {
            return false;
        };
        let failures = self.failures.len();
        for (index, item) in items.iter().enumerate() {
            let list_of = |count| Value::Array(vec![item.clone(); count]);
            let error = decode_error(&list_of(1)).map(|error| error.to_string());
            // An array of a fixed length accepts only a list of the same length.
            let error = match error {
                Some(error) if is_length_error(&error) && items.len() > MAX_ARRAY_ITEMS => None,
                Some(error) if is_length_error(&error) => {
                    let error = decode_error(&list_of(items.len()));
                    let error = error.map(|error| error.to_string());
                    error.filter(|error| !is_length_error(error))
                }
                error => error,
            };
            if let Some(error) = error {
                self.enter(&index.to_string(), |decoder| decoder.fail(&error));
            }
        }
        self.failures.len() > failures
    }

    /// Decodes a group of fields, or a list of groups.
    pub fn nested<P>(
        &mut self,
        values: &Value,
        name: &str,
        decode: impl FnOnce(&Value, &mut Self) -> P,
    ) -> Option<P> {
        let value = values.get(name)?;
        Some(self.enter(name, |decoder| decode(value, decoder)))
    }

    /// Records a failure unless `values` is an object.
    pub fn expect_object(&mut self, values: &Value) {
        if !values.is_object() {
            self.fail(NOT_AN_OBJECT);
        }
    }

    /// Decodes each row of a list. Records a failure if `values` is not a list.
    pub(crate) fn rows<P>(
        &mut self,
        values: &Value,
        decode: impl Fn(&Value, &mut Self) -> P,
    ) -> Vec<P> {
        let Value::Array(rows) = values else {
            self.fail(NOT_A_LIST);
            return Vec::new();
        };
        let rows = rows.iter().enumerate();
        rows.map(|(index, row)| self.enter(&index.to_string(), |decoder| decode(row, decoder)))
            .collect()
    }

    fn enter<T>(&mut self, name: &str, decode: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(name.to_owned());
        let decoded = decode(self);
        self.path.pop();
        decoded
    }

    /// Records a failure, unless there are too many.
    fn fail(&mut self, message: &str) {
        if self.failures.len() < MAX_FIELD_ERRORS {
            self.failures
                .push((self.path.join("."), message.to_owned()));
        }
    }
}

fn is_length_error(error: &str) -> bool {
    error.starts_with("invalid length ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn failures(items: &Value) -> Vec<(String, String)> {
        let mut decoder = FieldDecoder::default();
        let values = json!({ "rgb": items });
        assert_eq!(decoder.field::<[u8; 3]>(&values, "rgb"), None);
        decoder.into_failures()
    }

    #[test]
    fn names_the_invalid_item_of_an_array() {
        let failures = failures(&json!([1, 256, 3]));
        assert_eq!(failures.len(), 1);
        assert_eq!(failures[0].0, "rgb.1");
    }

    #[test]
    fn a_long_list_in_place_of_an_array_takes_linear_time() {
        let failures = failures(&json!(vec![0; 200_000]));
        assert_eq!(failures.len(), 1);
        assert_eq!(failures[0].0, "rgb");
    }
}
