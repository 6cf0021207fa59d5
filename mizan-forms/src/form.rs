use std::future::{Future, ready};

use mizan_core::function::{Output, Source};
use mizan_core::{ClientError, Cx, Error, Policy};
use serde_json::Value;

use crate::private::Derived;
use crate::{FormFields, Initial, Shape};

/// What `#[derive(Form)]` tells of a struct with `#[form(name = "..")]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no form",
    label = "clients have no name for this",
    note = "put `#[derive(mizan_forms::Form)]` and `#[form(name = \"..\")]` on `{Self}`"
)]
pub trait Form: FormFields + Derived {
    /// What clients call the form.
    const NAME: &'static str;
    /// The name of the query for its state.
    const SCHEMA: &'static str;
    /// The name of the query that checks its values.
    const VALIDATE: &'static str;
    /// The name of the mutation that takes its values.
    const SUBMIT: &'static str;
    /// Its heading.
    const TITLE: Option<&'static str>;
    /// Where a browser without JavaScript goes after a success.
    const REDIRECT: Option<&'static str>;
    /// Who may see, check and submit it.
    const POLICY: Policy;
    /// The queries and contexts that a submission makes stale.
    const AFFECTS: &'static [&'static str];
    /// What it is for, in the words of its doc comment.
    const DOCS: &'static str;
    /// Where it is written.
    const SOURCE: Option<Source>;

    /// Its fields. Made once.
    fn shape() -> &'static Shape;
}

/// What a form does.
///
/// A check refuses with [`Error::invalid`] and [`Error::with_field`]: each message stands at the path
/// that it names, and at the form as a whole with [`mizan_core::error::FORM_ERRORS`]. Any other error, such as that
/// of a database, which `?` passes on, fails the call.
///
/// ```
/// use mizan_core::{Cx, Error};
/// use mizan_core::error::FORM_ERRORS;
/// use mizan_forms::{Form, FormHandler};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use validator::Validate;
///
/// #[derive(Form, Deserialize, JsonSchema, Validate)]
/// #[form(name = "booking")]
/// struct Booking {
///     #[validate(range(min = 1, max = 30))]
///     first_day: u8,
///     #[validate(range(min = 1, max = 30))]
///     last_day: u8,
/// }
///
/// impl FormHandler for Booking {
///     type Output = ();
///     type Error = Error;
///
///     async fn validate(&self, _: &Cx) -> Result<(), Error> {
///         if self.last_day < self.first_day {
///             return Err(Error::invalid("last_day", "is before the first day"));
///         }
///         if self.last_day - self.first_day > 14 {
///             return Err(Error::invalid(FORM_ERRORS, "nobody stays longer than two weeks"));
///         }
///         Ok(())
///     }
///
///     async fn submit(self, _: &Cx) -> Result<(), Error> {
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "nobody says what the form `{Self}` does",
    label = "needs `impl FormHandler for {Self}`",
    note = "`FormHandler::submit` gets the values once they are checked"
)]
pub trait FormHandler: Form {
    /// What a submission answers.
    type Output: Output;
    /// How a submission can fail.
    type Error: ClientError;

    /// What the fields hold at first. The hidden and disabled ones have these values when the form is
    /// submitted, so this runs then as well.
    fn initial(cx: &Cx) -> impl Future<Output = Result<Initial, Error>> + Send {
        let _ = cx;
        ready(Ok(Initial::new()))
    }

    /// Checks one field, such as whether a name is free: `field` is its path (`email`,
    /// `phones.0.number`), `value` what was sent. Runs for each field that is filled in and breaks no
    /// constraint.
    fn validate_field(
        cx: &Cx,
        field: &str,
        value: &Value,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (cx, field, value);
        ready(Ok(()))
    }

    /// Checks fields against each other. `validator`'s trait has a method of this name too, so a call by
    /// hand names the trait: `FormHandler::validate(&form, cx)`. Runs when every field could be decoded, also when some break
    /// their constraints, so that people see everything at once.
    fn validate(&self, cx: &Cx) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = cx;
        ready(Ok(()))
    }

    /// Takes the values. Runs only when nothing was refused.
    fn submit(self, cx: &Cx) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}
