//! The description of one function.

use std::collections::BTreeMap;

use mizan_codegen::manifest::{Affected, Field, Function, Manifest};
use mizan_core::{Cx, Error, client};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::catalogue::{declared_policy, form_of, kind_name};
use super::schema::definitions;
use crate::explored::Explored;

/// The description of a function.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FunctionDetails {
    /// The name on the wire.
    name: String,
    /// The path of the member of the generated `api`, such as `forms.contact.submit`; `null` if there is none.
    client_name: Option<String>,
    /// `query`, `mutation`, `global context` or `local context`.
    kind: &'static str,
    /// True if a call does not change data, so that it can be sent with GET.
    is_safe: bool,
    /// The documentation, as Markdown.
    docs: String,
    /// The policy; `null` if none is declared.
    policy: Option<String>,
    /// The rate limits.
    limits: Vec<String>,
    /// The queries that a successful call declares to invalidate.
    affects: Vec<String>,
    /// The errors that the function declares.
    errors: Vec<ErrorOut>,
    /// The source file, with the line if it is known.
    source: Option<String>,
    /// The JSON Schema of the input; `null` without arguments.
    input: Option<Value>,
    /// The JSON Schema of the output, or of each part of a stream.
    output: Value,
    /// The JSON Schemas to which these refer, by name.
    definitions: BTreeMap<String, Value>,
    /// The form of reply: `json`, `file`, `stream` or `redirect`.
    returns: &'static str,
    /// The form that the function belongs to.
    form: Option<FormOut>,
}

/// An error that a function declares.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ErrorOut {
    /// The error code.
    code: String,
    /// The HTTP status.
    status: u16,
    /// The documentation.
    docs: String,
}

/// The form of a function.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FormOut {
    /// The name on the wire.
    name: String,
    /// The title, shown to users.
    title: Option<String>,
    /// The functions of the form.
    functions: Vec<String>,
    /// The fields, in display order.
    fields: Vec<FormFieldOut>,
}

/// A field of a form.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FormFieldOut {
    /// The path of the name on the wire.
    name: String,
    /// The label.
    label: String,
    /// The control, named after the HTML element or input type.
    widget: String,
    /// True if the field requires a value.
    required: bool,
}

/// Returns the description of a function.
#[client(query, auth = "anyone")]
pub(crate) async fn describe_function(
    cx: &Cx,
    /// The name of the function on the wire.
    name: String,
) -> Result<FunctionDetails, Error> {
    let explored = cx.state::<Explored>();
    let manifest = &explored.manifest;
    let function = find(manifest, &name)?;
    let schemas = function.input.iter().chain([&function.output]);
    Ok(FunctionDetails {
        name: function.name.clone(),
        client_name: client_name(explored, &name),
        kind: kind_name(function.kind),
        is_safe: explored
            .app
            .function(&name)
            .is_some_and(|entry| entry.kind().is_safe()),
        docs: function.docs.clone().unwrap_or_default(),
        policy: declared_policy(function),
        limits: function.limits.clone(),
        affects: function.affects.iter().map(affected).collect(),
        errors: errors(manifest, function),
        source: function.source.as_ref().map(|source| match source.line {
            Some(line) => format!("{}:{line}", source.file),
            None => source.file.clone(),
        }),
        input: function.input.clone(),
        output: function.output.clone(),
        definitions: definitions(schemas, &manifest.defs),
        returns: returns(function),
        form: form_of(explored, &name).map(|form| FormOut {
            name: form.name.clone(),
            title: form.title.clone(),
            functions: manifest
                .functions
                .iter()
                .filter(|it| form_of(explored, &it.name).is_some_and(|of| of.name == form.name))
                .map(|it| it.name.clone())
                .collect(),
            fields: fields("", &form.fields),
        }),
    })
}

pub(super) fn find<'a>(manifest: &'a Manifest, name: &str) -> Result<&'a Function, Error> {
    let functions = &mut manifest.functions.iter();
    let found = functions.find(|function| function.name == name);
    found.ok_or_else(|| Error::not_found("the application has no function with this name"))
}

/// Returns the path of a function in the generated client, which has no function for the schema of a form.
fn client_name(explored: &Explored, name: &str) -> Option<String> {
    let Some(form) = form_of(explored, name) else {
        return mizan_codegen::function_name(name);
    };
    let part = name.strip_prefix(&*form.name)?;
    let form = mizan_codegen::function_name(&form.name)?;
    (part != ".schema").then(|| format!("forms.{form}{part}"))
}

fn returns(function: &Function) -> &'static str {
    if function.stream.is_some() {
        "stream"
    } else if function.is_download() {
        "file"
    } else if function.is_redirect() {
        "redirect"
    } else {
        "json"
    }
}

fn affected(affected: &Affected) -> String {
    let Affected::Call(call) = affected else {
        return affected.query().to_owned();
    };
    let arguments = call.input.iter().map(|(name, argument)| {
        if name == argument {
            name.clone()
        } else {
            format!("{name} = {argument}")
        }
    });
    let arguments = arguments.collect::<Vec<_>>().join(", ");
    let mut text = call.query.clone();
    if !arguments.is_empty() {
        text.push_str(&format!("({arguments})"));
    }
    if call.returns {
        text.push_str(" = returns");
    }
    text
}

fn errors(manifest: &Manifest, function: &Function) -> Vec<ErrorOut> {
    let of_parts = function.stream.as_ref().and_then(|it| it.error.as_ref());
    let names = function.error.iter().chain(of_parts);
    let types = names.filter_map(|name| manifest.errors.get(name));
    types
        .flat_map(|ty| &ty.variants)
        .map(|variant| ErrorOut {
            code: variant.code.clone(),
            status: variant.status,
            docs: variant.docs.clone().unwrap_or_default(),
        })
        .collect()
}

fn fields(prefix: &str, fields: &[Field]) -> Vec<FormFieldOut> {
    let mut out = Vec::new();
    for field in fields {
        let name = format!("{prefix}{}", field.name);
        out.push(FormFieldOut {
            name: name.clone(),
            label: field.label.clone(),
            widget: widget_name(field),
            required: field.required,
        });
        out.append(&mut self::fields(&format!("{name}."), &field.fields));
    }
    out
}

/// Returns the name of the widget in the manifest.
fn widget_name(field: &Field) -> String {
    let name = serde_json::to_value(field.widget).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}
