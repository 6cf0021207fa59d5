//! The traits of a form: its declaration and its handler.

use std::future::{Future, ready};

use mizan_core::function::{Affected, Output, Source, StateKey};
use mizan_core::limits::Limit;
use mizan_core::private::AllowAll;
use mizan_core::{ClientError, Cx, Decision, Error, Policy};
use serde_json::Value;

#[cfg(doc)]
use crate::NoParams;
use crate::field_check::FieldCheck;
use crate::field_decoder::FieldDecoder;
use crate::private::RequiredDerives;
use crate::{FormDefinition, FormFields, InitialValues};

/// The declaration of a form, implemented by `#[derive(Form)]` with `#[form(name = "..")]`.
///
/// ```
/// use mizan_forms::Form;
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use validator::Validate;
///
/// #[derive(Form, Deserialize, JsonSchema, Validate)]
/// #[form(name = "feedback", title = "Your opinion", redirect = "/thanks")]
/// struct Feedback {
///     #[validate(length(max = 500))]
///     text: String,
/// }
///
/// assert_eq!(Feedback::SUBMIT, "feedback.submit");
/// assert_eq!(Feedback::REDIRECT, Some("/thanks"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a form",
    label = "this type has no form name",
    note = "add `#[derive(mizan_forms::Form)]` and `#[form(name = \"..\")]` to `{Self}`"
)]
pub trait Form: FormFields + RequiredDerives {
    /// The params of the form: a struct with the fields that have `#[field(param)]`, or [`NoParams`].
    ///
    /// Params identify the object that a form edits. The page sets them, and the client sends them
    /// with every call of the form. The derive macro names the struct after the form: the params of
    /// `EditProject` are `EditProjectParams`.
    type Params: Send + Sync + 'static;

    /// The name by which clients refer to the form.
    const NAME: &'static str;
    /// The name of the query that returns the form's definition and state.
    const SCHEMA: &'static str;
    /// The name of the query that returns the form's state.
    const STATE: &'static str;
    /// The name of the query that validates values.
    const VALIDATE: &'static str;
    /// The name of the mutation that submits values.
    const SUBMIT: &'static str;
    /// The heading of the form.
    const TITLE: Option<&'static str>;
    /// The path to which a browser without JavaScript is redirected after a successful submission.
    const REDIRECT: Option<&'static str>;
    /// The policy of the form's functions.
    const POLICY: Policy;
    /// The queries and contexts that a submission invalidates.
    const AFFECTS: &'static [Affected];
    /// The rate limits of submissions.
    const LIMITS: &'static [Limit] = &[];
    /// The text of the doc comment.
    const DOCS: &'static str;
    /// The location of the declaration.
    const SOURCE: Option<Source>;

    /// Returns the types of application state that the form requires.
    ///
    /// [`Registry::build`](mizan_core::Registry::build) checks that they are present.
    /// `#[form(state(SqlitePool))]` declares them.
    fn required_state() -> Vec<StateKey> {
        Vec::new()
    }

    /// Decodes the params among the values of the form.
    #[doc(hidden)]
    fn decode_params(values: &Value, decoder: &mut FieldDecoder) -> Option<Self::Params>;

    /// Returns the definition of the form, which is computed once.
    fn definition() -> &'static FormDefinition;
}

/// The behavior of a form: its initial values, its checks and its submission.
///
/// To reject a value, a check returns [`Error::invalid`]. [`Error::with_field`] adds messages for
/// further fields. The client displays each message at the field with its path; messages with the
/// path [`mizan_core::error::FORM_ERRORS`] concern the form as a whole. Any other error, such as a
/// database error propagated with `?`, fails the call.
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
///             return Err(Error::invalid("last_day", "must not be before the first day"));
///         }
///         if self.last_day - self.first_day > 14 {
///             return Err(Error::invalid(FORM_ERRORS, "a stay is limited to two weeks"));
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
    message = "the form `{Self}` has no handler",
    label = "requires `impl FormHandler for {Self}`",
    note = "`FormHandler::submit` receives the values after validation"
)]
pub trait FormHandler: Form {
    /// The result of a successful submission.
    type Output: Output;
    /// The error of a failed submission.
    type Error: ClientError;

    /// Decides whether the caller may use the form with these params, after the policy of the form.
    ///
    /// Runs for every function of the form, before any other method reads data:
    ///
    /// ```
    /// use mizan_core::{Cx, Decision, Error};
    /// use mizan_forms::{Form, FormHandler, InitialValues};
    /// use schemars::JsonSchema;
    /// use serde::Deserialize;
    /// use validator::Validate;
    ///
    /// #[derive(Form, Deserialize, JsonSchema, Validate)]
    /// #[form(name = "edit_project", auth)]
    /// struct EditProject {
    ///     #[field(param)]
    ///     id: u32,
    ///     title: String,
    /// }
    ///
    /// impl FormHandler for EditProject {
    ///     type Output = ();
    ///     type Error = Error;
    ///
    ///     async fn authorize(cx: &Cx, params: &EditProjectParams) -> Result<Decision, Error> {
    ///         Ok((cx.principal().id() == Some("mia") && params.id == 7).into())
    ///     }
    ///
    ///     async fn initial(_: &Cx, params: &EditProjectParams) -> Result<InitialValues, Error> {
    ///         Ok(InitialValues::new().set("title", format!("Project {}", params.id)))
    ///     }
    ///
    ///     async fn submit(self, _: &Cx) -> Result<(), Error> {
    ///         println!("the title of project {} is {}", self.id, self.title);
    ///         Ok(())
    ///     }
    /// }
    /// ```
    fn authorize(
        cx: &Cx,
        params: &Self::Params,
    ) -> impl Future<Output = Result<Decision, Error>> + Send {
        let _ = (cx, params);
        AllowAll
    }

    /// Returns the initial values of the fields.
    ///
    /// Runs when the form is displayed. If the form has server-only or disabled fields, it also runs
    /// when the form is validated or submitted, because these fields take their values from here.
    fn initial(
        cx: &Cx,
        params: &Self::Params,
    ) -> impl Future<Output = Result<InitialValues, Error>> + Send {
        let _ = (cx, params);
        ready(Ok(InitialValues::new()))
    }

    /// Checks a single field, for example that a name is still available.
    ///
    /// Runs for each field that has a value and violates no constraint: when the form is submitted, and
    /// for the fields that the user changed. A check sees the values of the other fields:
    ///
    /// ```
    /// # use mizan_core::{Cx, Error};
    /// # use mizan_forms::{FieldCheck, Form, FormHandler, NoParams};
    /// # use schemars::JsonSchema;
    /// # use serde::Deserialize;
    /// # use validator::Validate;
    /// # fn is_free(_: &str, _: &str) -> bool { true }
    /// #[derive(Form, Deserialize, JsonSchema, Validate)]
    /// #[form(name = "reserve")]
    /// struct Reserve {
    ///     room: String,
    ///     day: String,
    /// }
    ///
    /// impl FormHandler for Reserve {
    ///     type Output = ();
    ///     type Error = Error;
    ///
    ///     async fn validate_field(_: &Cx, _: &NoParams, field: FieldCheck<'_>) -> Result<(), Error> {
    ///         if field.path() != "day" {
    ///             return Ok(());
    ///         }
    ///         let room = field.other("room").and_then(|room| room.as_str()).unwrap_or_default();
    ///         let day = field.value().as_str().unwrap_or_default();
    ///         if !is_free(room, day) {
    ///             return Err(Error::invalid("day", format!("{room} is taken on this day")));
    ///         }
    ///         Ok(())
    ///     }
    ///
    ///     async fn submit(self, _: &Cx) -> Result<(), Error> {
    ///         println!("{} is reserved on {}", self.room, self.day);
    ///         Ok(())
    ///     }
    /// }
    /// ```
    fn validate_field(
        cx: &Cx,
        params: &Self::Params,
        field: FieldCheck<'_>,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (cx, params, field);
        ready(Ok(()))
    }

    /// Checks fields against each other.
    ///
    /// Runs if every field can be decoded, even if some fields violate constraints, so that the
    /// user sees all errors at once. `validator::Validate` has a method of the same name. To call
    /// this method, write `FormHandler::validate(&form, cx)`.
    fn validate(&self, cx: &Cx) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = cx;
        ready(Ok(()))
    }

    /// Processes the values. Runs only if all checks passed.
    fn submit(self, cx: &Cx) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}
