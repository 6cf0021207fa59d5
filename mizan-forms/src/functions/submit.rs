//! The mutation that submits the values of a form.

use std::borrow::Cow;
use std::fmt;

use mizan_core::error::FieldErrors;
use mizan_core::function::{Affected, CallError, Source, StateKey};
use mizan_core::limits::{Limit, limit_key};
use mizan_core::private::is_own_check;
use mizan_core::upload::UploadField;
use mizan_core::{Cx, Decision, Error, Policy, ServerFunction};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::call_params::CallParams;
use crate::definition::input_schema;
use crate::validation::{FieldSelection, validate};
use crate::{Form, FormHandler};

/// The mutation `name.submit`, which validates the values of the form `F` and passes them to
/// [`FormHandler::submit`].
///
/// The values are JSON, as a client sends them. See
/// [`ValidateQuery`](crate::functions::ValidateQuery) for an example.
pub struct SubmitMutation<F: Form> {
    values: Value,
    params: CallParams<F>,
}

impl<F: Form> SubmitMutation<F> {
    /// Creates a call of the mutation.
    #[must_use]
    pub fn new(values: Value) -> Self {
        Self {
            params: CallParams::of(&values),
            values,
        }
    }

    /// Returns the values.
    ///
    /// It serves an earlier version of a form, whose values become those of the current one:
    ///
    /// ```
    /// # use mizan_core::{BuildError, Cx, Error, Registry};
    /// # use mizan_forms::{Form, FormHandler, RegisterForm};
    /// # use schemars::JsonSchema;
    /// # use serde::Deserialize;
    /// # use serde_json::Value;
    /// # use validator::Validate;
    /// use mizan_forms::functions::SubmitMutation;
    ///
    /// mod v1 {
    /// #   use super::*;
    ///     #[derive(Form, Deserialize, JsonSchema, Validate)]
    ///     #[form(name = "feedback")]
    ///     pub struct Feedback {
    ///         message: String,
    ///     }
    /// #   impl FormHandler for Feedback {
    /// #       type Output = ();
    /// #       type Error = Error;
    /// #       async fn submit(self, _: &Cx) -> Result<(), Error> { Ok(()) }
    /// #   }
    /// }
    ///
    /// #[derive(Form, Deserialize, JsonSchema, Validate)]
    /// #[form(name = "feedback")]
    /// struct Feedback {
    ///     text: String,
    /// }
    /// # impl FormHandler for Feedback {
    /// #     type Output = ();
    /// #     type Error = Error;
    /// #     async fn submit(self, _: &Cx) -> Result<(), Error> { Ok(()) }
    /// # }
    ///
    /// # fn main() -> Result<(), BuildError> {
    /// let app = Registry::new()
    ///     .form::<Feedback>()
    ///     .previous(
    ///         "feedback.submit",
    ///         |old: SubmitMutation<v1::Feedback>| {
    ///             let mut values = old.into_values();
    ///             if let Some(members) = values.as_object_mut() {
    ///                 let message = members.remove("message").unwrap_or_default();
    ///                 members.insert("text".to_owned(), message);
    ///             }
    ///             Ok(SubmitMutation::<Feedback>::new(values))
    ///         },
    ///         |result| result,
    ///     )
    ///     .build()?;
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn into_values(self) -> Value {
        self.values
    }
}

impl<F: FormHandler> ServerFunction for SubmitMutation<F> {
    type Output = F::Output;
    type Error = CallError<F::Error>;
    const NAME: &'static str = F::SUBMIT;
    const POLICY: Policy = F::POLICY;
    const AFFECTS: &'static [Affected] = F::AFFECTS;
    const LIMITS: &'static [Limit] = F::LIMITS;
    const DOCS: &'static str = F::DOCS;
    const SOURCE: Option<Source> = F::SOURCE;

    fn required_state() -> Vec<StateKey> {
        F::required_state()
    }

    fn uploads() -> Vec<UploadField> {
        F::definition().uploads()
    }

    fn limit_key(&self, name: &str) -> Option<String> {
        Some(limit_key(self.values.get(name).unwrap_or(&Value::Null)))
    }

    fn validate(&self) -> Result<(), FieldErrors> {
        self.params.validate()
    }

    async fn authorize(&self, cx: &Cx) -> Result<Decision, Error> {
        self.params.authorize(cx).await
    }

    fn has_authorize() -> bool {
        is_own_check(F::authorize)
    }

    async fn call(self, cx: &Cx) -> Result<F::Output, CallError<F::Error>> {
        let params = self.params.get()?;
        let validated = validate::<F>(cx, params, self.values, FieldSelection::All).await?;
        match validated.form {
            Some(form) if validated.errors.is_empty() => {
                form.submit(cx).await.map_err(CallError::Failed)
            }
            _ => Err(Error::invalid_fields(validated.errors).into()),
        }
    }
}

impl<'de, F: Form> Deserialize<'de> for SubmitMutation<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::new)
    }
}

impl<F: FormHandler> JsonSchema for SubmitMutation<F> {
    fn schema_name() -> Cow<'static, str> {
        F::SUBMIT.into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        input_schema::<F>(schemas)
    }
}

/// Omits the values, which can contain passwords.
impl<F: FormHandler> fmt::Debug for SubmitMutation<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubmitMutation({})", F::NAME)
    }
}
