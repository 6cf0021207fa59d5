//! The query that returns the state of a form.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use mizan_core::adapter::FormPost;
use mizan_core::error::FieldErrors;
use mizan_core::function::{FunctionKind, Source};
use mizan_core::private::is_own_check;
use mizan_core::{Cx, Decision, Error, Policy, ServerFunction};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::call_params::CallParams;
use crate::definition::{Field, dynamic_choices, find_inexact_integer, retain_displayable};
use crate::{Choice, Form, FormHandler, NoParams};

/// The state with which a form is displayed, initially or again after a failed post.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct FormState {
    /// The values of the fields by name, without those of password, file and server-only fields.
    pub values: Map<String, Value>,
    /// The dynamic choices by the path of the field; `*` stands for the index of a row.
    pub choices: BTreeMap<String, Vec<Choice>>,
    /// The idempotency key of the submission: the server processes a repeated submission only once.
    pub token: String,
    /// The path and query of the page that contains the form; empty outside of a page.
    pub page: String,
    /// The error messages by path; `__all__` stands for the form as a whole.
    pub errors: FieldErrors,
    /// True if the page is displayed after a successful submission of the form.
    pub sent: bool,
}

/// The query `name.state`, which returns the state of the form `F`.
///
/// The generated client calls it when it displays the form. Its output depends on the request,
/// unlike the definition of the form in [`SchemaQuery`](crate::functions::SchemaQuery).
///
/// ```
/// use mizan_core::{BuildError, Cx, Error, Principal, Registry};
/// use mizan_forms::functions::StateQuery;
/// use mizan_forms::{Form, FormHandler, InitialValues, NoParams, RegisterForm};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use validator::Validate;
///
/// #[derive(Form, Deserialize, JsonSchema, Validate)]
/// #[form(name = "feedback")]
/// struct Feedback {
///     text: String,
/// }
///
/// impl FormHandler for Feedback {
///     type Output = ();
///     type Error = Error;
///
///     async fn initial(_: &Cx, _: &NoParams) -> Result<InitialValues, Error> {
///         Ok(InitialValues::new().set("text", "Dear team,"))
///     }
///
///     async fn submit(self, _: &Cx) -> Result<(), Error> {
///         Ok(())
///     }
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), BuildError> {
///     let app = Registry::new().form::<Feedback>().build()?;
///     let state = app.call_as(Principal::anonymous(), StateQuery::<Feedback>::new()).await.unwrap();
///     assert_eq!(state.values["text"], "Dear team,");
///     Ok(())
/// }
/// ```
pub struct StateQuery<F: Form> {
    params: CallParams<F>,
}

impl<F: Form<Params = NoParams>> StateQuery<F> {
    /// Creates a call of the query for a form without params.
    #[must_use]
    pub fn new() -> Self {
        Self::with_params(&Value::Null)
    }
}

impl<F: Form> StateQuery<F> {
    /// Creates a call of the query with the params of the form, as the JSON that a client sends.
    #[must_use]
    pub fn with_params(params: &Value) -> Self {
        Self {
            params: CallParams::of(params),
        }
    }
}

impl<F: Form<Params = NoParams>> Default for StateQuery<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: FormHandler> ServerFunction for StateQuery<F> {
    type Output = FormState;
    type Error = Error;
    const NAME: &'static str = F::STATE;
    const KIND: FunctionKind = FunctionKind::Query;
    const POLICY: Policy = F::POLICY;
    const DOCS: &'static str =
        "Returns the values, the dynamic choices and the token with which the form is displayed.";
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

    async fn call(self, cx: &Cx) -> Result<FormState, Error> {
        form_state(cx, &self.params).await
    }
}

/// Returns the state of a form for a request.
pub(super) async fn form_state<F: FormHandler>(
    cx: &Cx,
    params: &CallParams<F>,
) -> Result<FormState, Error> {
    let post = cx.head().extensions().get::<FormPost>();
    let post = post.filter(|post| post.form == F::NAME && params.are_in(&post.values));
    let page = cx.head().page_path().unwrap_or_default();
    let query = page.split_once('?').map_or("", |(_, query)| query);
    let token = post.and_then(|post| post.token.clone());
    Ok(FormState {
        values: values::<F>(cx, params.get()?, post).await?,
        choices: load_choices(&F::definition().fields, cx).await?,
        token: token.unwrap_or_else(|| Uuid::new_v4().to_string()),
        page: page.to_owned(),
        errors: post.map(|post| post.errors.clone()).unwrap_or_default(),
        sent: query
            .split('&')
            .any(|parameter| parameter.strip_prefix("sent=") == Some(F::NAME)),
    })
}

/// Returns the values to display: the posted values after a failed post, otherwise the initial
/// values.
async fn values<F: FormHandler>(
    cx: &Cx,
    params: &F::Params,
    post: Option<&FormPost>,
) -> Result<Map<String, Value>, Error> {
    let fields = &F::definition().fields;
    let mut values = Map::new();
    let mut initial = F::initial(cx, params).await?.0;
    for field in fields {
        let declared = || field.declared.initial.map(|initial| initial());
        if let Some(value) = initial.remove(&field.name).or_else(declared) {
            values.insert(field.name.clone(), value);
        }
    }
    let initial = Value::Object(values);
    if let Some(path) = find_inexact_integer(fields, &initial) {
        return Err(Error::internal(format!(
            "the initial value of `{path}` in the form `{}` is beyond ±(2^53 - 1), which a JavaScript \
             number cannot hold exactly; remove `as_number`, or use `mizan_core::wire::AsText`",
            F::NAME
        )));
    }
    let Value::Object(mut values) = initial else {
        unreachable!("the values were an object")
    };
    if let Some(FormPost {
        values: Value::Object(posted),
        ..
    }) = post
    {
        // A post cannot replace the values of server-set fields.
        values.retain(|name, _| {
            let field = fields.iter().find(|field| field.name == *name);
            field.is_some_and(Field::is_server_set)
        });
        for (name, value) in posted {
            values.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    for param in F::definition().param_fields() {
        values.shift_remove(&param.name);
    }
    let mut values = Value::Object(values);
    retain_displayable(fields, &mut values);
    match values {
        Value::Object(values) => Ok(values),
        _ => unreachable!("`retain_displayable` does not change the type of the value"),
    }
}

async fn load_choices(fields: &[Field], cx: &Cx) -> Result<BTreeMap<String, Vec<Choice>>, Error> {
    let mut choices = BTreeMap::new();
    for (path, load) in dynamic_choices(fields) {
        choices.insert(path, load(cx).await?);
    }
    Ok(choices)
}

impl<'de, F: Form> Deserialize<'de> for StateQuery<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        CallParams::deserialize(deserializer).map(|params| Self { params })
    }
}

impl<F: FormHandler> JsonSchema for StateQuery<F> {
    fn schema_name() -> Cow<'static, str> {
        F::STATE.into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        CallParams::<F>::schema(schemas)
    }
}

impl<F: FormHandler> fmt::Debug for StateQuery<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateQuery({})", F::NAME)
    }
}
