//! The form of the tests, with a field of every kind, and functions to call it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use mizan_core::adapter::Uploads;
use mizan_core::error::{FORM_ERRORS, FieldErrors};
use mizan_core::{App, ClientError, Cx, Error, Identity, Principal, Registry, RequestHead, Upload};
use mizan_forms::{Choice, FieldCheck, Form, FormHandler, InitialValues, NoParams, RegisterForm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use validator::Validate;

/// Write to us.
///
/// We answer within a day.
#[expect(dead_code, reason = "some fields are only validated")]
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(
    name = "contact",
    title = "Contact us",
    redirect = "/thanks",
    affects(messages)
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contact {
    #[field(label = "Your name", autocomplete = "name", placeholder = "Ada", order = -1)]
    #[validate(length(min = 1, max = 10, message = "please tell us your name"))]
    pub(crate) full_name: String,
    /// We never share it.
    #[validate(email)]
    pub(crate) email: String,
    #[field(widget = "textarea", rows = 5, max_bytes = 20)]
    #[validate(length(max = 15))]
    message: Option<String>,
    #[field(
        widget = "image",
        accept = "image/png, image/jpeg",
        max_bytes = 2_000_000
    )]
    image: Option<Upload>,
    #[validate(nested, length(max = 2))]
    #[serde(default)]
    pub(crate) phones: Vec<Phone>,
    #[field(choices = countries)]
    country: Option<String>,
    #[field(widget = "password")]
    secret: Option<String>,
    #[field(disabled)]
    account: Option<u32>,
    #[field(server_only)]
    tenant: String,
}

#[derive(Form, Deserialize, JsonSchema, Serialize, Validate)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Phone {
    #[validate(length(min = 3, max = 9))]
    #[field(widget = "tel")]
    the_number: String,
    kind: PhoneKind,
    #[field(accept = "application/pdf")]
    scan: Option<Upload>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PhoneKind {
    /// At home.
    Home,
    /// Mobile phone.
    MobilePhone,
}

async fn countries(_: &Cx) -> Result<Vec<Choice>, Error> {
    Ok(vec![
        Choice::new("de", "Germany"),
        Choice::new("at", "Austria"),
    ])
}

/// The submissions that the handler received.
#[derive(Clone, Default)]
pub(crate) struct Sent(pub(crate) Arc<Mutex<Vec<String>>>);

#[derive(Debug, ClientError)]
pub(crate) enum ContactError {
    /// Another user has the address.
    #[client_error(status = 409, field = "email", message = "{by} has this address")]
    Taken { by: String },
    #[client_error(transparent)]
    Other(Error),
}

impl FormHandler for Contact {
    type Output = BTreeMap<String, bool>;
    type Error = ContactError;

    async fn initial(_: &Cx, _: &NoParams) -> Result<InitialValues, Error> {
        Ok(InitialValues::new()
            .set("email", "you@example.org")
            .set("secret", "hunter2")
            .set("account", 7)
            .set("tenant", "acme"))
    }

    async fn validate_field(_: &Cx, _: &NoParams, check: FieldCheck<'_>) -> Result<(), Error> {
        let (field, value) = (check.path(), check.value());
        match field {
            "email" if value == "taken@example.org" => Err(Error::invalid(field, "is taken")),
            "fullName" if value == "crash" => {
                Err(std::io::Error::other("the database is gone").into())
            }
            _ => Ok(()),
        }
    }

    async fn validate(&self, _: &Cx) -> Result<(), Error> {
        if self.message.is_none() && self.phones.is_empty() && self.full_name == "silent" {
            return Err(Error::invalid(FORM_ERRORS, "leave a message or a number"));
        }
        Ok(())
    }

    async fn submit(self, cx: &Cx) -> Result<Self::Output, ContactError> {
        if self.full_name == "late" {
            return Err(ContactError::Taken {
                by: "mia".to_owned(),
            });
        }
        let Self {
            full_name,
            email,
            account,
            tenant,
            ..
        } = &self;
        let image = self.image.as_ref().map(Upload::file_name);
        let numbers: Vec<_> = self.phones.iter().map(|phone| &phone.the_number).collect();
        let line = format!("{full_name} {email} {account:?} {tenant} {image:?} {numbers:?}");
        cx.state::<Sent>().0.lock().unwrap().push(line);
        Ok(BTreeMap::from([("sent".to_owned(), true)]))
    }
}

#[mizan_core::client(query)]
async fn messages() -> Result<(), Error> {
    Ok(())
}

pub(crate) fn registry() -> Registry {
    Registry::new().function::<Messages>().form::<Contact>()
}

pub(crate) fn app() -> (App, Sent) {
    let sent = Sent::default();
    let app = registry().state(sent.clone()).build().unwrap();
    (app, sent)
}

/// Calls a function with JSON, as a server does.
pub(crate) async fn call(app: &App, name: &str, input: Value) -> Result<Value, Error> {
    call_json(app, name, input.to_string()).await
}

/// Calls a function with an input that a [`Value`] cannot hold, such as a number of 40 digits.
pub(crate) async fn call_json(app: &App, name: &str, input: String) -> Result<Value, Error> {
    dispatch(app, name, input, Uploads::default(), RequestHead::empty()).await
}

pub(crate) async fn call_with(
    app: &App,
    name: &str,
    input: Value,
    uploads: Uploads,
    head: RequestHead,
) -> Result<Value, Error> {
    dispatch(app, name, input.to_string(), uploads, head).await
}

async fn dispatch(
    app: &App,
    name: &str,
    input: String,
    uploads: Uploads,
    head: RequestHead,
) -> Result<Value, Error> {
    let principal = Principal::from(Identity::new("mia"));
    let cx = app.context(principal, Arc::new(head)).with_uploads(uploads);
    let function = app.function(name).unwrap();
    let reply = function.dispatch(cx, input.into()).await;
    Ok(serde_json::from_slice(&reply.result?).unwrap())
}

/// Returns the messages of a rejection as `path: message`.
pub(crate) fn field_errors(error: &Error) -> Vec<String> {
    assert_eq!(error.code(), "invalid", "{error:?}");
    lines(error.fields())
}

fn lines(fields: &FieldErrors) -> Vec<String> {
    let lines = fields.iter();
    lines
        .map(|(path, messages)| format!("{path}: {}", messages.join(" ")))
        .collect()
}

pub(crate) fn valid() -> Value {
    json!({ "fullName": "Mia", "email": "mia@example.org" })
}

/// Returns the valid values, with some replaced.
pub(crate) fn valid_with(values: Value) -> Value {
    let (Value::Object(mut all), Value::Object(values)) = (valid(), values) else {
        panic!("values are objects");
    };
    all.extend(values);
    Value::Object(all)
}
