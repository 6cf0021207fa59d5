//! What a server needs to know of forms to take them without JavaScript. What a form is, and how
//! one is written, is `mizan-forms`'.

use std::fmt;

use serde_json::Value;

use crate::Fields;

/// A registered form. [`App::form`](crate::App::form) finds it by its name.
#[derive(Clone)]
#[non_exhaustive]
pub struct FormEntry {
    /// What clients call the form.
    pub name: &'static str,
    /// The name of the query that returns the form's definition and state.
    pub schema: &'static str,
    /// The name of the query that returns the form's state alone.
    pub state: Option<&'static str>,
    /// The name of the mutation that takes the form's values.
    pub submit: &'static str,
    /// The name of the query that answers what is wrong with the form's values.
    pub validate: Option<&'static str>,
    /// The local path where a browser goes after a success.
    pub redirect: Option<&'static str>,
    /// What its fields are.
    pub shape: &'static dyn FormShape,
}

impl FormEntry {
    /// The form `name`, whose functions are called `schema` and `submit`.
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

    /// Sets the query that returns the form's state alone.
    #[must_use]
    pub fn state(mut self, name: &'static str) -> Self {
        self.state = Some(name);
        self
    }

    /// Asks the query `name` what is wrong with the values where the form is refused for something
    /// else, so that a person is told everything at once. Its input is `{"values": {..}}`, its output
    /// `{"errors": {path: [messages]}}`.
    #[must_use]
    pub fn validate(mut self, name: &'static str) -> Self {
        self.validate = Some(name);
        self
    }

    /// Sends browsers to this local path after a success.
    #[must_use]
    pub fn redirect(mut self, path: Option<&'static str>) -> Self {
        self.redirect = path;
        self
    }
}

impl fmt::Debug for FormEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FormEntry({})", self.name)
    }
}

/// The fields of a form, as a server that gets text sees them.
///
/// Paths are names and indices with dots between them: `phones.0.number`. Nothing here fails: text
/// that is no value of its field stays text, and is refused on its path when it is submitted.
pub trait FormShape: Send + Sync {
    /// The form's entry in the manifest.
    fn manifest(&self) -> Value;

    /// What people call the field at `path`.
    fn label(&self, path: &str) -> String;

    /// The values to submit, from the text fields of an HTML form in their order: `(path, text)`.
    /// Files are not among them.
    fn values(&self, fields: &[(String, String)]) -> Value;

    /// Adds an empty row to the list at `path`, unless it is full.
    fn add_row(&self, values: &mut Value, path: &str);

    /// Takes the row at `path`, such as `phones.1`, out of its list.
    fn remove_row(&self, values: &mut Value, path: &str);

    /// What of the values may be shown again: no passwords, no files.
    fn shown(&self, values: Value) -> Value;
}

/// A form that was posted and is shown again: an extension of the request for the page, which the
/// form's `state` and `schema` functions look for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FormPost {
    /// The name of the form.
    pub form: String,
    /// What its fields held, without passwords and files ([`FormShape::shown`]).
    pub values: Value,
    /// What is wrong with it, by path; `__all__` stands for the form.
    pub errors: Fields,
    /// The token that it came with, so that another try has the same one.
    pub token: Option<String>,
}
