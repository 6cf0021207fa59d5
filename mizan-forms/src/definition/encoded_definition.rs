//! The parts of a form definition that clients receive, encoded once as JSON.

use schemars::generate::SchemaSettings;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use super::input_schema::input_schema;
use super::manifest::describe_fields;
use super::model::EncodedDefinition;
use crate::Form;

/// Returns the encoded definition of the form `F`. The first call computes it.
///
/// # Panics
///
/// Does not panic in practice: values built with `serde_json` are always encodable.
pub(crate) fn encoded_definition<F: Form>() -> &'static EncodedDefinition {
    let definition = F::definition();
    definition.encoded.get_or_init(|| EncodedDefinition {
        fields: encode(&describe_fields(&definition.fields)),
        json_schema: encode(&root_schema::<F>()),
    })
}

/// Returns the schema of the form's input as a self-contained document that includes its
/// definitions.
fn root_schema<F: Form>() -> Value {
    let mut schemas = SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator();
    let mut root = Map::new();
    root.insert(
        "$schema".to_owned(),
        json!(SchemaSettings::draft2020_12().meta_schema),
    );
    root.insert("title".to_owned(), json!(F::definition().title));
    let mut schema = input_schema::<F>(&mut schemas);
    root.append(schema.ensure_object());
    let definitions = schemas.take_definitions(true);
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Value::Object(root)
}

fn encode(value: &Value) -> Box<RawValue> {
    to_raw_value(value).expect("a JSON value is encodable")
}
