//! Registration of forms.

use mizan_core::Registry;
use mizan_core::adapter::FormEntry;

use crate::FormHandler;
use crate::functions::{SchemaQuery, StateQuery, SubmitMutation, ValidateQuery};

/// Extends [`Registry`] with the registration of forms.
///
/// ```
/// use mizan_core::{BuildError, Cx, Error, Registry};
/// use mizan_forms::{Form, FormHandler, RegisterForm};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use validator::Validate;
///
/// #[derive(Form, Deserialize, JsonSchema, Validate)]
/// #[form(name = "feedback", auth = "anyone")]
/// struct Feedback {
///     text: String,
/// }
///
/// impl FormHandler for Feedback {
///     type Output = ();
///     type Error = Error;
///
///     async fn submit(self, _: &Cx) -> Result<(), Error> {
///         Ok(())
///     }
/// }
///
/// fn main() -> Result<(), BuildError> {
///     let app = Registry::new().form::<Feedback>().build()?;
///     assert!(app.function("feedback.submit").is_some());
///     Ok(())
/// }
/// ```
pub trait RegisterForm: Sized {
    /// Registers the form `F`: the functions `name.schema`, `name.state`, `name.validate` and
    /// `name.submit`, and its entry in the manifest.
    ///
    /// # Panics
    ///
    /// Panics if a field is not supported: a group that contains itself, a server-only or disabled
    /// field inside a group, a type that no form control can hold (such as a map, a tuple or an enum
    /// with data), or a widget that does not fit the type. The message names the field and the
    /// remedy.
    #[must_use]
    #[track_caller]
    fn form<F: FormHandler>(self) -> Self;
}

impl RegisterForm for Registry {
    #[track_caller]
    fn form<F: FormHandler>(self) -> Self {
        let entry = FormEntry::new(F::NAME, F::SCHEMA, F::SUBMIT, F::definition())
            .with_state(F::STATE)
            .with_validate(F::VALIDATE)
            .with_redirect(F::REDIRECT);
        self.function::<SchemaQuery<F>>()
            .function::<StateQuery<F>>()
            .function::<ValidateQuery<F>>()
            .function::<SubmitMutation<F>>()
            .form_entry(entry)
    }
}
