//! Registered forms, for servers that accept HTML form submissions without JavaScript.

use std::fmt;

use serde_json::Value;

use crate::error::FieldErrors;

/// A registered form. [`App::form`](crate::App::form) finds it by name.
///
/// The crate `mizan-forms` defines forms and registers their functions.
#[derive(Clone)]
#[non_exhaustive]
pub struct FormEntry {
    /// The name of the form.
    pub name: &'static str,
    /// The name of the query that returns the definition and the state of the form.
    pub schema: &'static str,
    /// The name of the query that returns only the state of the form.
    pub state: Option<&'static str>,
    /// The name of the mutation that submits the form.
    pub submit: &'static str,
    /// The name of the query that validates the values of the form.
    pub validate: Option<&'static str>,
    /// The local path to which browsers are redirected after a successful submission.
    pub redirect: Option<&'static str>,
    /// The fields of the form.
    pub shape: &'static dyn FormShape,
}

impl FormEntry {
    /// Creates a form with the names of its `schema` and `submit` functions.
    #[must_use]
    pub fn new(
        name: &'static str,
        schema: &'static str,
        submit: &'static str,
        shape: &'static dyn FormShape,
    ) -> Self {
        Self {
            name,
            schema,
            submit,
            state: None,
            validate: None,
            redirect: None,
            shape,
        }
    }

    /// Sets the query that returns only the state of the form.
    #[must_use]
    pub fn with_state(mut self, name: &'static str) -> Self {
        self.state = Some(name);
        self
    }

    /// Sets the query that validates the values.
    ///
    /// A server calls this query when it rejects a form for another reason, so that the user sees
    /// all errors at once. The query's input is `{"values": {..}}`, its output
    /// `{"errors": {path: [messages]}}`.
    #[must_use]
    pub fn with_validate(mut self, name: &'static str) -> Self {
        self.validate = Some(name);
        self
    }

    /// Sets the local path to which browsers are redirected after a successful submission.
    #[must_use]
    pub fn with_redirect(mut self, path: Option<&'static str>) -> Self {
        self.redirect = path;
        self
    }
}

impl fmt::Debug for FormEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FormEntry({})", self.name)
    }
}

/// The fields of a form, for a server that receives their values as text.
///
/// Paths are names and indices, separated by dots: `phones.0.number`. The methods never fail: text
/// that a field cannot parse remains text, and the submission reports the error.
pub trait FormShape: Send + Sync {
    /// Returns the form's entry in the manifest.
    fn manifest(&self) -> Value;

    /// Returns the label of the field at `path`.
    fn label(&self, path: &str) -> String;

    /// Parses the text fields of an HTML form, as pairs of path and text in document order.
    ///
    /// The fields do not include files.
    fn parse_fields(&self, fields: &[(String, String)]) -> Value;

    /// Adds an empty row to the list at `path`, unless the list is full.
    fn add_row(&self, values: &mut Value, path: &str);

    /// Removes the row at `path`, such as `phones.1`, from its list.
    fn remove_row(&self, values: &mut Value, path: &str);

    /// Removes the values that a page must not show again: passwords and files.
    fn redisplay_values(&self, values: Value) -> Value;
}

/// A submitted form that a page redisplays, with its values and errors.
///
/// A server adds it to the [extensions](crate::RequestHead::extensions) of the request for the page,
/// and the form's `state` function reads it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct FormPost {
    /// The name of the form.
    pub form: String,
    /// The values of the fields, without passwords and files ([`FormShape::redisplay_values`]).
    pub values: Value,
    /// The errors, by the path of the field; `__all__` is the form as a whole.
    pub errors: FieldErrors,
    /// The idempotency token of the submission, which the next attempt reuses.
    pub token: Option<String>,
}

impl FormPost {
    /// Creates a submitted form without values, errors or a token.
    pub fn new(form: impl Into<String>) -> Self {
        Self {
            form: form.into(),
            ..Self::default()
        }
    }

    /// Sets the values of the fields.
    #[must_use]
    pub fn with_values(mut self, values: Value) -> Self {
        self.values = values;
        self
    }

    /// Sets the errors.
    #[must_use]
    pub fn with_errors(mut self, errors: FieldErrors) -> Self {
        self.errors = errors;
        self
    }

    /// Sets the idempotency token.
    #[must_use]
    pub fn with_token(mut self, token: Option<String>) -> Self {
        self.token = token;
        self
    }
}
