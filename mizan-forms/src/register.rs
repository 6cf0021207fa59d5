use mizan_core::Registry;
use mizan_core::adapter::FormEntry;

use crate::{Check, FormHandler, Show, Submit};

/// Adds forms to a [`Registry`].
pub trait RegisterForm: Sized {
    /// Adds the form `F`: the functions `name.schema`, `name.validate` and `name.submit`, and its
    /// entry in the manifest.
    ///
    /// # Panics
    ///
    /// When a field cannot be one of a form, with its name and the way out: a group that holds itself,
    /// a hidden or disabled field inside of a group, a widget that does not fit the type.
    #[must_use]
    #[track_caller]
    fn form<F: FormHandler>(self) -> Self;
}

impl RegisterForm for Registry {
    #[track_caller]
    fn form<F: FormHandler>(self) -> Self {
        let entry = FormEntry::new(F::NAME, F::SCHEMA, F::SUBMIT, F::shape())
            .with_validate(F::VALIDATE)
            .with_redirect(F::REDIRECT);
        self.function::<Show<F>>()
            .function::<Check<F>>()
            .function::<Submit<F>>()
            .form_entry(entry)
    }
}
