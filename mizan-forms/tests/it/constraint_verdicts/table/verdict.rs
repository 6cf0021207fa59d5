//! The verdicts of every way to send a value.

use std::collections::BTreeMap;
use std::sync::Arc;

use mizan_core::{App, Error, Principal, RequestHead};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::constrained::{BYTES, base};

/// A value as JSON, and its messages: in the form, and in the function.
#[derive(Debug, serde::Serialize)]
pub(super) struct Verdict(Box<RawValue>, Messages, Messages);

impl Verdict {
    /// Returns whether the function rejects the value.
    pub(super) fn is_rejected(&self) -> bool {
        !self.2.is_empty()
    }
}

type Messages = BTreeMap<String, Vec<String>>;

async fn call_json(app: &App, name: &str, input: String) -> Result<Value, Error> {
    let cx = app.context(Principal::anonymous(), Arc::new(RequestHead::empty()));
    let function = app.function(name).unwrap();
    let reply = function.dispatch(cx, input.into()).await;
    Ok(serde_json::from_slice(&reply.result?).unwrap())
}

async fn messages(app: &App, function: &str, input: String) -> Messages {
    match call_json(app, function, input).await {
        Ok(_) => Messages::new(),
        Err(error) => {
            assert_eq!(error.code(), "invalid", "{error:?}");
            error.fields().clone().into_iter().collect()
        }
    }
}

/// Sends values of a field in every way, with valid values of the other fields.
pub(super) struct Sender<'a> {
    app: &'a App,
    field: &'a str,
    is_number: bool,
    /// Members of a JSON object: the other fields of the form.
    in_form: String,
    /// Members of a JSON object: the other arguments of the function.
    in_call: String,
    /// The other fields of a posted HTML form.
    posted: Vec<(String, String)>,
}

impl<'a> Sender<'a> {
    pub(super) fn new(app: &'a App, field: &'a str) -> Self {
        let mut others = base();
        let is_number = others.get(field).is_some_and(Value::is_number);
        others.remove(field);
        let posted = others.iter().flat_map(|(name, value)| posted(name, value));
        let posted = posted.collect();
        let in_form = members(&others);
        if field != BYTES {
            others.insert(BYTES.to_owned(), json!("AQI="));
        }
        Self {
            app,
            field,
            is_number: is_number || field == "optional_number",
            in_form,
            in_call: members(&others),
            posted,
        }
    }

    /// Sends a value.
    ///
    /// # Panics
    ///
    /// Panics if the ways to send a form have different verdicts.
    pub(super) async fn verdict(&self, json: &str) -> Verdict {
        let submitted = if self.field == BYTES {
            Messages::new()
        } else {
            self.form_verdict(json).await
        };
        let called = format!("{{{},\"{}\":{json}}}", self.in_call, self.field);
        let called = messages(self.app, "check", called).await;
        let value = RawValue::from_string(json.to_owned()).unwrap();
        Verdict(value, submitted, called)
    }

    async fn form_verdict(&self, json: &str) -> Messages {
        let Self { app, field, .. } = *self;
        let all = format!("{{{},\"{field}\":{json}}}", self.in_form);
        let validate = format!(r#"{{"values":{all}}}"#);
        let submitted = messages(app, "constrained.submit", all).await;

        let validated = call_json(app, "constrained.validate", validate).await;
        if is_beyond_doubles(json) {
            // No client can hold the number, so that the whole call is rejected.
            assert_eq!(
                validated.unwrap_err().fields()[&format!("values.{field}")],
                submitted[field]
            );
            return submitted;
        }
        let mut validated = validated.unwrap();
        let validated: Messages = serde_json::from_value(validated["errors"].take()).unwrap();
        assert_eq!(validated, submitted, "validate and submit: {field} {json}");

        if let Some(text) = self.posted_text(json) {
            let mut fields = self.posted.clone();
            fields.push((field.to_owned(), text));
            let posted = app.form("constrained").unwrap().shape.parse_fields(&fields);
            let posted = messages(app, "constrained.submit", posted.to_string()).await;
            assert_eq!(posted, submitted, "posted and submitted: {field} {json}");
        }
        submitted
    }

    /// Returns the text of a posted HTML form, if it can contain the value.
    fn posted_text(&self, json: &str) -> Option<String> {
        let Self {
            field, is_number, ..
        } = *self;
        let text = if json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            is_number.then(|| json.to_owned())?
        } else {
            let text: String = serde_json::from_str(json).ok()?;
            (!is_number && !text.contains(['\r', '\n'])).then_some(text)?
        };
        // Without JavaScript, a moment without an offset is in UTC.
        let lacks_offset = field == "moment" && text.len() <= "2026-01-31T18:30:00".len();
        let is_list = matches!(field, "tags" | "pair");
        let is_absent = field == "optional" && text.is_empty();
        (!lacks_offset && !is_list && !is_absent).then_some(text)
    }
}

/// Returns the members of a JSON object, without its braces.
fn members(values: &Map<String, Value>) -> String {
    let json = serde_json::to_string(values).unwrap();
    json[1..json.len() - 1].to_owned()
}

/// Returns the fields of a posted HTML form that contain a value.
fn posted(name: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::String(text) => vec![(name.to_owned(), text.clone())],
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (format!("{name}.{index}"), item.as_str().unwrap().to_owned()))
            .collect(),
        Value::Null => vec![(name.to_owned(), String::new())],
        other => vec![(name.to_owned(), other.to_string())],
    }
}

/// Returns `true` for JSON numbers that are infinite as a double.
fn is_beyond_doubles(json: &str) -> bool {
    json.parse().is_ok_and(f64::is_infinite)
}
