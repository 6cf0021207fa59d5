//! The params of a call: the fields that identify the object which the form edits.

use mizan_core::error::FieldErrors;
use mizan_core::{Cx, Decision, Error};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use crate::definition::limit_to_number;
use crate::field_decoder::FieldDecoder;
use crate::validation::messages;
use crate::{Form, FormHandler};

/// The params of a call, decoded, and as JSON.
pub(crate) struct CallParams<F: Form> {
    json: Map<String, Value>,
    /// The decoded params, or the messages for those that are not valid.
    decoded: Result<F::Params, FieldErrors>,
}

impl<F: Form> CallParams<F> {
    /// Decodes the params among the values of a form.
    pub(crate) fn of(values: &Value) -> Self {
        let fields = F::definition().param_fields();
        let json = fields
            .filter_map(|field| Some((field.name.clone(), values.get(&field.name)?.clone())))
            .collect();
        let mut decoder = FieldDecoder::default();
        let decoded = F::decode_params(values, &mut decoder).ok_or_else(|| {
            let failures = decoder.into_failures().into_iter();
            failures
                .map(|(path, serde_error)| {
                    let field = F::definition().field(&path);
                    let message = messages::decode_error(field, values.get(&path), &serde_error);
                    (path, vec![message])
                })
                .collect()
        });
        Self { json, decoded }
    }

    /// Returns true if the values of a form contain the same params.
    pub(crate) fn are_in(&self, values: &Value) -> bool {
        let mut params = self.json.iter();
        params.all(|(name, value)| values.get(name) == Some(value))
    }

    pub(crate) fn validate(&self) -> Result<(), FieldErrors> {
        self.decoded.as_ref().map(drop).map_err(Clone::clone)
    }

    /// Runs [`FormHandler::authorize`]. Params that are not valid were rejected before.
    pub(crate) async fn authorize(&self, cx: &Cx) -> Result<Decision, Error>
    where
        F: FormHandler,
    {
        match &self.decoded {
            Ok(params) => F::authorize(cx, params).await,
            Err(_) => Ok(Decision::deny()),
        }
    }

    pub(crate) fn get(&self) -> Result<&F::Params, Error> {
        self.decoded
            .as_ref()
            .map_err(|errors| Error::invalid_fields(errors.clone()))
    }

    /// Returns the schema of an input that consists of the params.
    pub(crate) fn schema(schemas: &mut SchemaGenerator) -> Schema {
        let names: Vec<_> = F::definition()
            .param_fields()
            .map(|field| &field.name)
            .collect();
        if names.is_empty() {
            return json_schema!({ "type": "object", "additionalProperties": false });
        }
        let mut schema = F::json_schema(schemas);
        retain_names(&mut schema, "required", |name| names.contains(&name));
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.retain(|name, _| names.contains(&name));
            for field in F::definition().param_fields() {
                if let Some(Value::Object(property)) = properties.get_mut(&field.name)
                    && field.declared.as_number
                {
                    limit_to_number(property);
                }
            }
        }
        schema.remove("description");
        schema.remove("title");
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
        schema
    }
}

/// Removes the names of a list of names, such as `required`, for which `is_kept` returns false.
pub(crate) fn retain_names(schema: &mut Schema, list: &str, is_kept: impl Fn(&String) -> bool) {
    if let Some(Value::Array(names)) = schema.get_mut(list) {
        names.retain(|name| matches!(name, Value::String(name) if is_kept(name)));
        if names.is_empty() {
            schema.remove(list);
        }
    }
}

/// Decodes an input that consists of the params. Rejects other members.
impl<'de, F: Form> Deserialize<'de> for CallParams<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Map::deserialize(deserializer)?;
        let is_param = |name: &String| {
            F::definition()
                .param_fields()
                .any(|field| field.name == *name)
        };
        if let Some(name) = members.keys().find(|name| !is_param(name)) {
            return Err(de::Error::custom(format!("unknown field `{name}`")));
        }
        Ok(Self::of(&Value::Object(members)))
    }
}
