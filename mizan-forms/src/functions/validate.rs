//! The query that validates the values of a form.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use mizan_core::error::{FORM_ERRORS, FieldErrors, limit_field_errors};
use mizan_core::function::{FunctionKind, Source};
use mizan_core::private::is_own_check;
use mizan_core::upload::UploadField;
use mizan_core::{Cx, Decision, Error, Policy, ServerFunction};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::call_params::{CallParams, retain_names};
use crate::definition::input_schema;
use crate::validation::{FieldSelection, validate};
use crate::{Form, FormHandler};

/// The query `name.validate`, which validates some or all values of the form `F` without submitting them.
///
/// The values are JSON, as a client sends them.
///
/// ```
/// use mizan_core::{BuildError, Cx, Error, Principal, Registry};
/// use mizan_forms::functions::{SubmitMutation, ValidateQuery};
/// use mizan_forms::{Form, FormHandler, RegisterForm};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use serde_json::json;
/// use validator::Validate;
///
/// #[derive(Form, Deserialize, JsonSchema, Validate)]
/// #[form(name = "feedback")]
/// struct Feedback {
///     #[validate(length(max = 20))]
///     text: String,
///     #[validate(email)]
///     email: String,
/// }
///
/// impl FormHandler for Feedback {
///     type Output = usize;
///     type Error = Error;
///
///     async fn submit(self, _: &Cx) -> Result<usize, Error> {
///         Ok(self.text.len())
///     }
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), BuildError> {
///     let app = Registry::new().form::<Feedback>().build()?;
///
///     let values = json!({ "text": "", "email": "ada" });
///     let call = ValidateQuery::<Feedback>::new(values).fields(["email"]);
///     let validated = app.call_as(Principal::anonymous(), call).await.unwrap();
///     assert_eq!(json!(validated.errors), json!({ "email": ["Enter a valid email address."] }));
///
///     let values = json!({ "text": "Thanks!", "email": "ada@example.org" });
///     let call = SubmitMutation::<Feedback>::new(values);
///     assert_eq!(app.call_as(Principal::anonymous(), call).await.unwrap(), 7);
///     Ok(())
/// }
/// ```
pub struct ValidateQuery<F: Form> {
    values: Value,
    params: CallParams<F>,
    fields: Option<HashSet<String>>,
}

/// The error messages for the values of a form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct FormErrors {
    /// The messages by path; `__all__` stands for the form as a whole.
    pub errors: FieldErrors,
}

impl<F: Form> ValidateQuery<F> {
    /// Creates a call of the query that validates all values.
    #[must_use]
    pub fn new(values: Value) -> Self {
        Self {
            params: CallParams::of(&values),
            values,
            fields: None,
        }
    }

    /// Restricts the validation to the fields at these paths.
    #[must_use]
    pub fn fields<'a>(mut self, paths: impl IntoIterator<Item = &'a str>) -> Self {
        self.fields = Some(paths.into_iter().map(str::to_owned).collect());
        self
    }
}

impl<F: FormHandler> ServerFunction for ValidateQuery<F> {
    type Output = FormErrors;
    type Error = Error;
    const NAME: &'static str = F::VALIDATE;
    const KIND: FunctionKind = FunctionKind::Query;
    const POLICY: Policy = F::POLICY;
    const DOCS: &'static str = "Validates some or all values of the form without submitting them.";
    const SOURCE: Option<Source> = F::SOURCE;

    fn uploads() -> Vec<UploadField> {
        Vec::new()
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

    async fn call(self, cx: &Cx) -> Result<FormErrors, Error> {
        let selection = self
            .fields
            .as_ref()
            .map_or(FieldSelection::All, FieldSelection::Paths);
        let params = self.params.get()?;
        let validated = validate::<F>(cx, params, self.values, selection).await?;
        let mut errors = validated.errors;
        errors.retain(|path, _| path == FORM_ERRORS || selection.contains(path));
        limit_field_errors(&mut errors);
        Ok(FormErrors { errors })
    }
}

impl<'de, F: Form> Deserialize<'de> for ValidateQuery<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Input {
            values: Map<String, Value>,
            #[serde(default)]
            fields: Option<HashSet<String>>,
        }
        Input::deserialize(deserializer).map(|input| Self {
            fields: input.fields,
            ..Self::new(Value::Object(input.values))
        })
    }
}

impl<F: FormHandler> JsonSchema for ValidateQuery<F> {
    fn schema_name() -> Cow<'static, str> {
        F::VALIDATE.into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let mut values = input_schema::<F>(schemas);
        retain_names(&mut values, "required", |name| {
            F::definition()
                .param_fields()
                .any(|field| field.name == *name)
        });
        json_schema!({
            "type": "object",
            "properties": {
                "values": values,
                "fields": {
                    "description": "The paths of the fields to validate; all fields if omitted.",
                    "type": ["array", "null"],
                    "items": { "type": "string" },
                    "default": null,
                },
            },
            "required": ["values"],
            "additionalProperties": false,
        })
    }
}

/// Omits the values, which can contain passwords.
impl<F: FormHandler> fmt::Debug for ValidateQuery<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValidateQuery({})", F::NAME)
    }
}
