//! Registration of forms.

use mizan_core::Registry;
use mizan_core::adapter::FormEntry;

use crate::FormHandler;
use crate::functions::{SchemaQuery, SubmitMutation, ValidateQuery};

/// Extends [`Registry`] with the registration of forms.
pub trait RegisterForm: Sized {
    /// Registers the form `F`: the functions `name.schema`, `name.validate` and `name.submit`, and its
    /// entry in the manifest.
    ///
    /// # Panics
    ///
    /// Panics if a field is not supported: a group that contains itself, a hidden or disabled field
    /// inside a group, or a widget that does not fit the type. The message names the field and the
    /// remedy.
    #[must_use]
    #[track_caller]
    fn form<F: FormHandler>(self) -> Self;
}

impl RegisterForm for Registry {
    #[track_caller]
    fn form<F: FormHandler>(self) -> Self {
        let entry = FormEntry::new(F::NAME, F::SCHEMA, F::SUBMIT, F::definition())
            .with_validate(F::VALIDATE)
            .with_redirect(F::REDIRECT);
        self.function::<SchemaQuery<F>>()
            .function::<ValidateQuery<F>>()
            .function::<SubmitMutation<F>>()
            .form_entry(entry)
    }
}
