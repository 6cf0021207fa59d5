//! `forms.tsx`: a definition and a hook for each form.
//!
//! It is a separate file because it needs react-hook-form, which not every client has.

use serde_json::Value as JsonValue;

use super::client::{error_type, input_type, output_type};
use super::codecs::Codecs;
use super::printing::{
    Document, Expression, Property, TypeImports, assignment, comment, literal, text,
    union_after_operator, without_docs,
};
use crate::manifest::{RowLimits, Widget};
use crate::options::Dates;
use crate::plan::{Field, FieldValue, Form, FormList, Plan};
use crate::schema::Docs;

const HEAD: &str = r#"import type * as React from "react";
import { useApi } from "./react";
import * as runtime from "./runtime/forms";
import type * as types from "./types";

export { FormComponents } from "./runtime/forms";
export type {
  FieldComponent,
  FieldProps,
  Form,
  FormOptions,
} from "./runtime/forms";

/** Loads the schemas and the validation library, when the first form is used. */
const schemas = () => import("./schemas");

/** Renders a form with all of its fields: `<AutoForm of={contactForm} />`. */
export function AutoForm<T extends runtime.FormTypes>(
  props: runtime.AutoFormProps<T>,
): React.ReactNode {
  return <runtime.AutoFormOf props={props} api={useApi()} />;
}
"#;

pub(super) fn print(plan: &Plan<'_>, codecs: &Codecs<'_>) -> String {
    let outputs = plan.forms.iter().map(|form| &form.submit.output);
    let mut uses = TypeImports::of(outputs);
    let has_temporal = plan.forms.iter().any(|form| has_temporal(&form.fields));
    let mut imports = String::new();
    if has_temporal && plan.dates == Dates::TemporalPolyfill {
        // The definitions refer to the classes, not only to their types.
        uses.temporal = false;
        imports.push_str("import { Temporal } from \"temporal-polyfill\";\n");
    }
    imports.push_str(&uses.statements(plan.dates));
    if plan
        .forms
        .iter()
        .any(|form| !reply(form, codecs).is_empty())
    {
        imports.insert_str(0, "import * as codecs from \"./codecs\";\n");
    }
    let mut file = HEAD.replacen(
        "import * as runtime",
        &format!("{imports}import * as runtime"),
        1,
    );
    for form in &plan.forms {
        for part in [types(form), definition(form, codecs), hook(form)] {
            file.push('\n');
            file.push_str(&part.print());
        }
    }
    file
}

fn has_temporal(fields: &[Field<'_>]) -> bool {
    fields.iter().any(|field| {
        let item = field.item.as_deref().map_or(&[][..], std::slice::from_ref);
        matches!(field.value, FieldValue::Temporal(_))
            || has_temporal(&field.fields)
            || has_temporal(item)
    })
}

fn types(form: &Form<'_>) -> Document {
    let submit = &form.submit;
    let paths = form.paths.iter().map(|path| without_docs(path_type(path)));
    let members = [
        member("input", input_type(submit)),
        member(
            "output",
            if submit.manifest.is_redirect() {
                text("runtime.Redirect")
            } else {
                output_type(submit)
            },
        ),
        member("error", error_type(submit)),
        member("params", input_type(&form.state)),
        Document::concat(vec![
            text("field:"),
            alternatives_or_never(paths),
            text(";"),
        ]),
        rows(&form.lists),
    ];
    Document::concat(vec![
        comment(&Docs::from(
            format!("The types of the form `{}`.", form.manifest.name).as_str(),
        )),
        text(format!("export interface {}Types {{", form.component)),
        Document::indent(
            members
                .into_iter()
                .flat_map(|member| [Document::HardLine, member])
                .collect(),
        ),
        Document::HardLine,
        text("}"),
        Document::HardLine,
    ])
}

fn member(name: &str, ty: Document) -> Document {
    Document::concat(vec![text(format!("{name}: ")), ty, text(";")])
}

fn rows(lists: &[FormList]) -> Document {
    if lists.is_empty() {
        return text("rows: {};");
    }
    let lists = lists.iter().flat_map(|FormList { path, fields }| {
        let key = if path.contains('*') {
            Document::concat(vec![text("[list: "), path_type(path), text("]:")])
        } else {
            text(format!("{}:", literal::member(path)))
        };
        let fields = fields.iter().map(|path| without_docs(path_type(path)));
        [
            Document::HardLine,
            key,
            alternatives_or_never(fields),
            text(";"),
        ]
    });
    Document::concat(vec![
        text("rows: {"),
        Document::indent(lists.collect()),
        Document::HardLine,
        text("};"),
    ])
}

fn alternatives_or_never(members: impl ExactSizeIterator<Item = (Document, Document)>) -> Document {
    match members.len() {
        0 => text(" never"),
        _ => union_after_operator(members),
    }
}

/// A path as a type: `"email"`, or `` `phones.${number}.kind` `` for any row.
///
/// The names of fields were validated, so nothing needs escaping.
fn path_type(path: &str) -> Document {
    if !path.contains('*') {
        return text(literal::string(path));
    }
    let parts = path.split('.').map(|part| match part {
        "*" => "${number}",
        part => part,
    });
    text(format!("`{}`", parts.collect::<Vec<_>>().join(".")))
}

/// The conversions of the reply to a submission. The fields convert their values.
fn reply(form: &Form<'_>, codecs: &Codecs<'_>) -> Vec<(String, Expression)> {
    let mut codec = codecs.of_function(&form.submit);
    codec.retain(|(name, _)| name != "encode");
    codec
}

fn definition(form: &Form<'_>, codecs: &Codecs<'_>) -> Document {
    let manifest = form.manifest;
    let schema = form.submit.input.as_ref().map(|input| {
        let name = Expression::String(input.schema_name.clone());
        Expression::call("runtime.lazySchema", [Expression::atom("schemas"), name])
    });
    let mut members = vec![("name", string(&manifest.name))];
    members.extend(
        manifest
            .title
            .as_ref()
            .map(|title| ("title", string(title))),
    );
    let redirect = manifest.redirect.as_ref();
    members.extend(redirect.map(|path| ("redirect", string(path))));
    if form.submit.manifest.is_redirect() {
        members.push(("returnsRedirect", Expression::atom("true")));
    }
    members.push(("fields", fields(&form.fields)));
    members.extend(schema.map(|schema| ("schema", schema)));
    let reply = reply(form, codecs);
    if !reply.is_empty() {
        members.push(("reply", Expression::Object(reply)));
    }
    let members = members.into_iter().map(|(name, value)| Property {
        comment: None,
        name: name.to_owned(),
        value,
    });
    let docs = manifest.docs.as_ref().or(manifest.title.as_ref());
    Document::concat(vec![
        comment(&Docs {
            text: docs.cloned(),
            ..Docs::default()
        }),
        assignment(
            format!(
                "export const {}: runtime.FormDefinition<{}Types> =",
                form.constant, form.component
            ),
            "{",
            Expression::ObjectLines(members.collect()).print(),
        ),
        text(";"),
        Document::HardLine,
    ])
}

fn fields(fields: &[Field<'_>]) -> Expression {
    Expression::Array(fields.iter().map(field).collect())
}

/// A field. Properties that are false or empty are omitted.
fn field(field: &Field<'_>) -> Expression {
    let manifest = field.manifest;
    let flag = |is_set: bool| is_set.then(|| Expression::atom("true"));
    let words = |words: &Option<String>| words.as_deref().map(string);
    let number = |number: Option<u64>| number.map(|number| Expression::atom(number.to_string()));
    let choices = (!manifest.choices.is_empty()).then(|| {
        let choices = manifest.choices.iter().map(|choice| {
            let value = value_of(field, &choice.value);
            object(vec![("value", value), ("label", string(&choice.label))])
        });
        Expression::Array(choices.collect())
    });
    let unlimited = RowLimits {
        min: None,
        max: None,
    };
    let limits = manifest
        .list
        .or((manifest.widget == Widget::List).then_some(unlimited));
    let list = limits.map(|limits| {
        let limits = [("min", number(limits.min)), ("max", number(limits.max))];
        object(present(limits))
    });
    let value = match field.value {
        FieldValue::Text => None,
        FieldValue::Number => Some(string("number")),
        FieldValue::BigInt => Some(string("bigint")),
        FieldValue::Date => Some(string("date")),
        FieldValue::Temporal(_) => Some(string("temporal")),
        FieldValue::Boolean => Some(string("boolean")),
    };
    let class = match field.value {
        FieldValue::Temporal(class) => Some(Expression::atom(format!("Temporal.{class}"))),
        _ => None,
    };
    let label = Some(&manifest.label).filter(|label| !label.is_empty());
    let inner = (!field.fields.is_empty()).then(|| fields(&field.fields));
    let name = Some(&manifest.name).filter(|name| !name.is_empty());
    object(present([
        ("name", name.map(|name| string(name))),
        ("widget", Some(json(&serde_json::json!(manifest.widget)))),
        ("label", label.map(|label| string(label))),
        ("help", words(&manifest.help)),
        ("placeholder", words(&manifest.placeholder)),
        ("required", flag(manifest.required)),
        ("nullable", flag(field.is_nullable)),
        ("type", value),
        ("temporal", class),
        (
            "initial",
            manifest
                .initial
                .as_ref()
                .map(|initial| value_of(field, initial)),
        ),
        ("choices", choices),
        ("autocomplete", words(&manifest.autocomplete)),
        ("rows", number(manifest.rows.map(u64::from))),
        ("min", manifest.min.as_ref().map(bound)),
        ("max", manifest.max.as_ref().map(bound)),
        ("step", manifest.step.as_ref().map(json)),
        ("minLength", number(manifest.min_length)),
        ("maxLength", number(manifest.max_length)),
        ("accept", words(&manifest.accept)),
        ("maxBytes", number(manifest.max_bytes)),
        ("disabled", flag(manifest.disabled)),
        ("multiple", flag(manifest.multiple)),
        ("list", list),
        ("fields", inner),
        ("item", field.item.as_ref().map(|item| self::field(item))),
    ]))
}

/// A value of a field.
fn value_of(field: &Field<'_>, value: &JsonValue) -> Expression {
    match (field.value, value) {
        (FieldValue::BigInt, JsonValue::Number(number)) => Expression::atom(format!("{number}n")),
        _ => json(value),
    }
}

/// A bound of a control. A number that JavaScript would round is a text, as in HTML.
fn bound(value: &JsonValue) -> Expression {
    const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
    match value {
        JsonValue::Number(number)
            if number.is_i64()
                && number.as_i64().unwrap_or_default().unsigned_abs() > MAX_SAFE_INTEGER
                || number.as_u64().unwrap_or_default() > MAX_SAFE_INTEGER =>
        {
            string(&number.to_string())
        }
        _ => json(value),
    }
}

fn present<const N: usize>(members: [(&str, Option<Expression>); N]) -> Vec<(&str, Expression)> {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn object(members: Vec<(&str, Expression)>) -> Expression {
    let members = members.into_iter();
    Expression::Object(
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// A JSON value as an expression.
fn json(value: &JsonValue) -> Expression {
    match value {
        JsonValue::Null => Expression::atom("null"),
        JsonValue::Bool(value) => Expression::atom(value.to_string()),
        JsonValue::Number(number) => Expression::atom(literal::number(number)),
        JsonValue::String(value) => string(value),
        JsonValue::Array(items) => Expression::Array(items.iter().map(json).collect()),
        JsonValue::Object(members) => object(
            members
                .iter()
                .map(|(name, value)| (name.as_str(), json(value)))
                .collect(),
        ),
    }
}

fn string(value: &str) -> Expression {
    Expression::String(value.to_owned())
}

fn hook(form: &Form<'_>) -> Document {
    let Form {
        constant,
        component,
        manifest,
        ..
    } = form;
    let docs = format!(
        "Returns the state and the components of the form `{}`. Suspends until its state is loaded.",
        manifest.name
    );
    let options = text(format!("options?: runtime.FormOptions<{component}Types>"));
    let params = form.state.input.is_some().then(|| {
        let ty = input_type(&form.state);
        Document::concat(vec![text("params: "), ty])
    });
    let mut arguments = vec![text(constant.clone()), text("useApi()"), text("options")];
    arguments.extend(params.is_some().then(|| text("params")));
    let parameters: Vec<_> = params.into_iter().chain([options]).collect();
    Document::concat(vec![
        comment(&Docs::from(docs.as_str())),
        text(format!("export function use{component}")),
        Document::list("(", parameters, ")"),
        text(format!(": runtime.Form<{component}Types> {{")),
        Document::indent(vec![
            Document::HardLine,
            text("return "),
            Document::list("runtime.useFormOf(", arguments, ")"),
            text(";"),
        ]),
        Document::HardLine,
        text("}"),
        Document::HardLine,
    ])
}
