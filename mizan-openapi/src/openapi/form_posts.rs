//! Forms that a browser posts without JavaScript.

use serde_json::{Map, Value, json};

use super::calls::by_status;
use super::context::{Context, form_tag};
use super::multipart::escape;
use super::{redirect, security};
use crate::json::{items, text};

/// Describes `/form/{name}`.
pub(super) fn path_item(form: &Value, context: &mut Context<'_>) -> Value {
    let name = text(form, "name");
    let submit = format!("{name}.submit");
    let submit = items(context.manifest, "functions")
        .iter()
        .find(|function| text(function, "name") == submit)
        .unwrap_or(&Value::Null);
    let (schema, has_files) = fields(form);
    let mut content = Map::new();
    if !has_files {
        content.insert(
            "application/x-www-form-urlencoded".to_owned(),
            json!({ "schema": schema }),
        );
    }
    content.insert(
        "multipart/form-data".to_owned(),
        json!({ "schema": schema }),
    );
    json!({
        "post": {
            "operationId": context.operation_id(&format!("{name}_form")),
            "tags": [form_tag(name)],
            "summary": format!("Posts the form `{name}` as HTML."),
            "description": "For browsers without JavaScript. Programs call the function of the form instead.",
            "requestBody": { "required": true, "content": content },
            // A change of rows requires no permission, because it does not submit the form.
            "security": security::requirements("anyone", context.options),
            "responses": responses(text(submit, "error"), context),
        },
    })
}

/// Returns the schema of a form's fields, and whether a field accepts a file.
fn fields(form: &Value) -> (Value, bool) {
    let mut properties = Map::new();
    let mut patterns = Map::new();
    let mut has_files = false;
    for field in items(form, "fields") {
        let name = text(field, "name");
        let mut schema = match text(field, "widget") {
            "file" | "image" => {
                has_files = true;
                json!({ "type": "string", "format": "binary" })
            }
            "group" | "list" => {
                has_files |= contains_file(field);
                patterns.insert(format!(r"^{}\.", escape(name)), json!({ "type": "string" }));
                continue;
            }
            _ => json!({ "type": "string" }),
        };
        if field.get("multiple") == Some(&json!(true)) {
            schema = json!({ "type": "array", "items": schema });
        }
        if let Some(label) = field.get("label") {
            schema["description"] = label.clone();
        }
        properties.insert(name.to_owned(), schema);
    }
    for (name, description) in [
        (
            "__token",
            "The token of the form's state: a repeated submission is processed once.",
        ),
        ("__page", "The path of the page that contains the form."),
        ("__next", "The path to go to after the submission."),
        (
            "__add",
            "Adds a row to this list instead of submitting the form.",
        ),
        (
            "__remove",
            "Removes this row instead of submitting the form.",
        ),
    ] {
        let schema = json!({ "type": "string", "description": description });
        properties.insert(name.to_owned(), schema);
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if !patterns.is_empty() {
        schema["patternProperties"] = Value::Object(patterns);
    }
    (schema, has_files)
}

fn contains_file(field: &Value) -> bool {
    let inner = items(field, "fields").iter().chain(field.get("item"));
    matches!(text(field, "widget"), "file" | "image") || inner.into_iter().any(contains_file)
}

/// Returns the responses. The page of a rejected form has status 422, or the status of a server error.
fn responses(error: &str, context: &Context<'_>) -> Value {
    let page = |description: &str| {
        json!({
            "description": description,
            "content": { "text/html": { "schema": { "type": "string" } } },
        })
    };
    let mut responses = context.problems.responses_without_contract(error);
    for (status, response) in &mut responses {
        // A request of another site is rejected before the form is read.
        if *status != 403 {
            *response = page("A page with the form, its values and its errors.");
        }
    }
    responses.insert(
        200,
        page("A page that confirms the submission, or the form with its changed rows."),
    );
    responses.insert(
        303,
        redirect::see_other("The submission succeeded.", "The page to go to."),
    );
    by_status(responses)
}
