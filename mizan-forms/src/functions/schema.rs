//! The query that returns the complete description of a form.

use std::borrow::Cow;
use std::fmt;

use mizan_core::error::FieldErrors;
use mizan_core::function::{FunctionKind, Source};
use mizan_core::private::is_own_check;
use mizan_core::{Cx, Decision, Error, Policy, ServerFunction};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::call_params::CallParams;
use super::state::{FormState, form_state};
use crate::definition::encoded_definition;
use crate::{Form, FormHandler, NoParams};

/// The definition and the state of a form: everything that a client needs to render it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(inline)]
#[non_exhaustive]
pub struct FormSchema {
    /// The name of the form.
    pub name: &'static str,
    /// The heading of the form.
    pub title: &'static str,
    /// The description of the form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docs: Option<&'static str>,
    /// The path to which a client goes after a successful submission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<&'static str>,
    /// The fields in their order, each with its name, widget, label and constraints, as in the manifest.
    #[schemars(with = "Vec<Map<String, Value>>")]
    pub fields: &'static RawValue,
    /// The JSON Schema of the values that `submit` accepts.
    #[schemars(with = "Map<String, Value>")]
    pub json_schema: &'static RawValue,
    /// The state of the form.
    #[serde(flatten)]
    pub state: FormState,
}

/// The query `name.schema`, which returns the definition and the state of the form `F`.
///
/// A client in any language can use it to render the form without generated code. The generated
/// TypeScript client contains the definition, so it calls
/// [`StateQuery`](crate::functions::StateQuery) instead.
///
/// ```
/// use mizan_core::{BuildError, Cx, Error, Principal, Registry};
/// use mizan_forms::functions::SchemaQuery;
/// use mizan_forms::{Form, FormHandler, RegisterForm};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use validator::Validate;
///
/// #[derive(Form, Deserialize, JsonSchema, Validate)]
/// #[form(name = "feedback", title = "Your opinion")]
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
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), BuildError> {
///     let app = Registry::new().form::<Feedback>().build()?;
///     let schema = app.call_as(Principal::anonymous(), SchemaQuery::<Feedback>::new()).await.unwrap();
///     assert_eq!(schema.title, "Your opinion");
///     assert!(schema.fields.get().contains(r#""label":"Text""#));
///     Ok(())
/// }
/// ```
pub struct SchemaQuery<F: Form> {
    params: CallParams<F>,
}

impl<F: Form<Params = NoParams>> SchemaQuery<F> {
    /// Creates a call of the query for a form without params.
    #[must_use]
    pub fn new() -> Self {
        Self::with_params(&Value::Null)
    }
}

impl<F: Form> SchemaQuery<F> {
    /// Creates a call of the query with the params of the form, as the JSON that a client sends.
    #[must_use]
    pub fn with_params(params: &Value) -> Self {
        Self {
            params: CallParams::of(params),
        }
    }
}

impl<F: Form<Params = NoParams>> Default for SchemaQuery<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: FormHandler> ServerFunction for SchemaQuery<F> {
    type Output = FormSchema;
    type Error = Error;
    const NAME: &'static str = F::SCHEMA;
    const KIND: FunctionKind = FunctionKind::Query;
    const POLICY: Policy = F::POLICY;
    const DOCS: &'static str =
        "Returns the title, the fields and the JSON Schema of the form, and its state.";
    const SOURCE: Option<Source> = F::SOURCE;

    fn validate(&self) -> Result<(), FieldErrors> {
        self.params.validate()
    }

    async fn authorize(&self, cx: &Cx) -> Result<Decision, Error> {
        self.params.authorize(cx).await
    }

    fn has_authorize() -> bool {
        is_own_check(F::authorize)
    }

    async fn call(self, cx: &Cx) -> Result<FormSchema, Error> {
        let definition = F::definition();
        let encoded = encoded_definition::<F>();
        Ok(FormSchema {
            name: definition.name,
            title: &definition.title,
            docs: Some(definition.docs).filter(|docs| !docs.is_empty()),
            redirect: definition.redirect,
            fields: &encoded.fields,
            json_schema: &encoded.json_schema,
            state: form_state(cx, &self.params).await?,
        })
    }
}

impl<'de, F: Form> Deserialize<'de> for SchemaQuery<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        CallParams::deserialize(deserializer).map(|params| Self { params })
    }
}

impl<F: FormHandler> JsonSchema for SchemaQuery<F> {
    fn schema_name() -> Cow<'static, str> {
        F::SCHEMA.into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        CallParams::<F>::schema(schemas)
    }
}

impl<F: FormHandler> fmt::Debug for SchemaQuery<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SchemaQuery({})", F::NAME)
    }
}
