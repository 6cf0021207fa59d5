//! The three functions of a form.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::marker::PhantomData;

use mizan_core::adapter::FormPost;
use mizan_core::error::FieldErrors;
use mizan_core::function::{CallError, FunctionKind, Source};
use mizan_core::upload::UploadField;
use mizan_core::{Cx, Error, Policy, ServerFunction};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::annotate::input_schema;
use crate::judge::{About, judge};
use crate::shape::{self, Field, html};
use crate::{Choice, FormHandler, FormState};

/// The query `name.schema`: the state in which the form `F` is shown.
pub struct Show<F>(PhantomData<fn() -> F>);

/// The query `name.validate`: what is wrong with some or all of the values. Stores nothing.
pub struct Check<F> {
    values: Value,
    fields: Option<HashSet<String>>,
    form: PhantomData<fn() -> F>,
}

/// The mutation `name.submit`: checks the values and hands them to [`FormHandler::submit`].
pub struct Submit<F> {
    values: Value,
    form: PhantomData<fn() -> F>,
}

/// What is wrong with the values of a form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct FormErrors {
    /// The messages by path; `__all__` stands for the form.
    pub errors: FieldErrors,
}

impl<F> Show<F> {
    /// A call of the function, for tests and other functions.
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<F> Default for Show<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F> Check<F> {
    /// A call of the function, for tests and other functions, with what a client would send.
    #[must_use]
    pub fn new(values: Value) -> Self {
        Self {
            values,
            fields: None,
            form: PhantomData,
        }
    }

    /// Checks these fields alone, by their paths.
    #[must_use]
    pub fn fields<'a>(mut self, paths: impl IntoIterator<Item = &'a str>) -> Self {
        self.fields = Some(paths.into_iter().map(str::to_owned).collect());
        self
    }
}

impl<F> Submit<F> {
    /// A call of the function, for tests and other functions, with what a client would send.
    #[must_use]
    pub fn new(values: Value) -> Self {
        Self {
            values,
            form: PhantomData,
        }
    }
}

impl<F: FormHandler> ServerFunction for Show<F> {
    type Output = FormState;
    type Error = Error;
    const NAME: &'static str = F::SCHEMA;
    const KIND: FunctionKind = FunctionKind::Query;
    const POLICY: Policy = F::POLICY;
    const DOCS: &'static str = "What the form holds when it is shown.";
    const SOURCE: Option<Source> = F::SOURCE;

    async fn call(self, cx: &Cx) -> Result<FormState, Error> {
        let shape = F::shape();
        let mut values = Map::new();
        let mut given = F::initial(cx).await?.0;
        for field in &shape.fields {
            let fixed = || field.given.0.initial.map(|initial| initial());
            if let Some(value) = given.remove(&field.name).or_else(fixed) {
                values.insert(field.name.clone(), value);
            }
        }
        let post = cx.head().extensions().get::<FormPost>();
        let post = post.filter(|post| post.form == F::NAME);
        if let Some(FormPost {
            values: Value::Object(posted),
            ..
        }) = post
        {
            // What the server holds is not the post's to say.
            values.retain(|name, _| {
                let field = shape.fields.iter().find(|field| field.name == *name);
                field.is_some_and(Field::is_held)
            });
            for (name, value) in posted {
                values.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let mut values = Value::Object(values);
        html::hide(&shape.fields, &mut values);
        let Value::Object(values) = values else {
            unreachable!("it was an object")
        };
        let page = cx.head().page_path().unwrap_or_default();
        let query = page.split_once('?').map_or("", |(_, query)| query);
        let token = post.and_then(|post| post.token.clone());
        Ok(FormState {
            values,
            choices: choices(&shape.fields, cx).await?,
            token: token.unwrap_or_else(|| Uuid::new_v4().to_string()),
            page: page.to_owned(),
            errors: post.map(|post| post.errors.clone()).unwrap_or_default(),
            sent: query
                .split('&')
                .any(|member| member.strip_prefix("sent=") == Some(F::NAME)),
        })
    }
}

/// The choices that functions give.
async fn choices(fields: &[Field], cx: &Cx) -> Result<BTreeMap<String, Vec<Choice>>, Error> {
    let mut asked = Vec::new();
    shape::add_asked(fields, "", &mut asked);
    let mut choices = BTreeMap::new();
    for (path, ask) in asked {
        choices.insert(path, ask(cx).await?);
    }
    Ok(choices)
}

impl<F: FormHandler> ServerFunction for Check<F> {
    type Output = FormErrors;
    type Error = Error;
    const NAME: &'static str = F::VALIDATE;
    const KIND: FunctionKind = FunctionKind::Query;
    const POLICY: Policy = F::POLICY;
    const DOCS: &'static str =
        "What is wrong with the values of the form, or with those of some fields.";
    const SOURCE: Option<Source> = F::SOURCE;

    fn uploads() -> Vec<UploadField> {
        Vec::new()
    }

    async fn call(self, cx: &Cx) -> Result<FormErrors, Error> {
        let about = self.fields.as_ref().map_or(About::Everything, About::Named);
        let mut errors = judge::<F>(cx, self.values, about).await?.errors;
        errors.retain(|path, _| path == mizan_core::error::FORM_ERRORS || about.includes(path));
        Ok(FormErrors { errors })
    }
}

impl<F: FormHandler> ServerFunction for Submit<F> {
    type Output = F::Output;
    type Error = CallError<F::Error>;
    const NAME: &'static str = F::SUBMIT;
    const POLICY: Policy = F::POLICY;
    const AFFECTS: &'static [&'static str] = F::AFFECTS;
    const DOCS: &'static str = F::DOCS;
    const SOURCE: Option<Source> = F::SOURCE;

    fn uploads() -> Vec<UploadField> {
        F::shape().uploads()
    }

    async fn call(self, cx: &Cx) -> Result<F::Output, CallError<F::Error>> {
        let checked = judge::<F>(cx, self.values, About::Everything).await?;
        match checked.form {
            Some(form) if checked.errors.is_empty() => {
                form.submit(cx).await.map_err(CallError::Failed)
            }
            _ => Err(Error::invalid_fields(checked.errors).into()),
        }
    }
}

impl<'de, F> Deserialize<'de> for Show<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        Nothing::deserialize(deserializer).map(|Nothing {}| Self::new())
    }
}

impl<'de, F> Deserialize<'de> for Check<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Input {
            values: Map<String, Value>,
            #[serde(default)]
            fields: Option<HashSet<String>>,
        }
        Input::deserialize(deserializer).map(|input| Self {
            values: Value::Object(input.values),
            fields: input.fields,
            form: PhantomData,
        })
    }
}

impl<'de, F> Deserialize<'de> for Submit<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::new)
    }
}

impl<F: FormHandler> JsonSchema for Show<F> {
    fn schema_name() -> Cow<'static, str> {
        F::SCHEMA.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": false })
    }
}

impl<F: FormHandler> JsonSchema for Check<F> {
    fn schema_name() -> Cow<'static, str> {
        F::VALIDATE.into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let mut values = input_schema::<F>(schemas);
        values.remove("required");
        json_schema!({
            "type": "object",
            "properties": {
                "values": values,
                "fields": {
                    "description": "The paths of the fields to check; without it, all.",
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

impl<F: FormHandler> JsonSchema for Submit<F> {
    fn schema_name() -> Cow<'static, str> {
        F::SUBMIT.into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        input_schema::<F>(schemas)
    }
}

/// Values may be passwords.
macro_rules! debug_as_name {
    ($($function:ident),*) => {$(
        impl<F: FormHandler> fmt::Debug for $function<F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($function), F::NAME)
            }
        }
    )*};
}
debug_as_name!(Show, Check, Submit);
