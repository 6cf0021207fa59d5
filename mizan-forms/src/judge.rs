//! The whole judgement of a form's values: what can be said alone, then what others are asked for.

use std::collections::HashSet;

use mizan_core::error::{ErrorKind, FORM_ERRORS, FieldErrors};
use mizan_core::{Cx, Error, ErrorCode};
use serde_json::{Map, Value};

use crate::checks::At;
use crate::shape::{Field, Kind, Row};
use crate::sync::{Checked, check};
use crate::{Choice, FormHandler};

/// The fields that a judgement is about.
#[derive(Clone, Copy)]
pub(crate) enum About<'a> {
    Everything,
    Named(&'a HashSet<String>),
}

impl About<'_> {
    /// Whether it is about the field at `path`, or about a group or list that holds it.
    pub(crate) fn includes(self, path: &str) -> bool {
        match self {
            Self::Everything => true,
            // However many are named, a path is looked up once for each group that it is in.
            Self::Named(names) => {
                let mut above = path.match_indices('.').map(|(at, _)| &path[..at]);
                names.contains(path) || above.any(|group| names.contains(group))
            }
        }
    }
}

/// Checks the values of a form.
///
/// # Errors
///
/// What broke; what is wrong with the values is no error here.
pub(crate) async fn judge<F: FormHandler>(
    cx: &Cx,
    mut values: Value,
    about: About<'_>,
) -> Result<Checked<F>, Error> {
    let refused = hold::<F>(cx, &mut values).await?;
    let mut checked = cx.uploads().decoding(|| check::<F>(&mut values));
    // What the server holds is nobody's mistake.
    for field in F::shape().held() {
        let messages = checked.errors.remove(&field.name);
        if let Some(messages) = messages
            && !refused.contains_key(&field.name)
        {
            return Err(Error::internal(format!(
                "`initial` of the form `{}` gives no valid value for the field `{}`: {}",
                F::NAME,
                field.name,
                messages.join(", ")
            )));
        }
    }
    checked.errors.extend(refused);

    if let Value::Object(members) = &values {
        let mut leaves = Vec::new();
        add_leaves(&F::shape().fields, members, None, &mut leaves);
        ask_fields::<F>(cx, &leaves, about, &mut checked.errors).await?;
    }
    if let Some(form) = &checked.form {
        let outcome = FormHandler::validate(form, cx).await;
        add(outcome, FORM_ERRORS, &mut checked.errors)?;
    }
    Ok(checked)
}

/// Puts the values that the server holds in place, and refuses those that a client sent for them.
async fn hold<F: FormHandler>(cx: &Cx, values: &mut Value) -> Result<FieldErrors, Error> {
    let mut refused = FieldErrors::new();
    let shape = F::shape();
    let (Some(_), Value::Object(members)) = (shape.held().next(), values) else {
        return Ok(refused);
    };
    let mut initial = F::initial(cx).await?.0;
    for field in shape.held() {
        if members.shift_remove(&field.name).is_some() {
            refused.insert(
                field.name.clone(),
                vec!["This field cannot be changed.".to_owned()],
            );
        }
        let fixed = || field.given.0.initial.map(|initial| initial());
        if let Some(value) = initial.remove(&field.name).or_else(fixed) {
            members.insert(field.name.clone(), value);
        }
    }
    Ok(refused)
}

async fn ask_fields<F: FormHandler>(
    cx: &Cx,
    leaves: &[Leaf<'_>],
    about: About<'_>,
    errors: &mut FieldErrors,
) -> Result<(), Error> {
    let mut asked: Vec<(&Field, Vec<Choice>)> = Vec::new();
    for leaf in leaves {
        let is_wrong = errors.contains_key(&leaf.path);
        if is_wrong || leaf.field.is_held() || !about.includes(&leaf.path) {
            continue;
        }
        if let Some(ask) = leaf.field.asked() {
            // Each field is asked for its choices once, however many rows there are.
            let known = asked
                .iter()
                .position(|(field, _)| std::ptr::eq(*field, leaf.field));
            let index = match known {
                Some(index) => index,
                None => {
                    asked.push((leaf.field, ask(cx).await?));
                    asked.len() - 1
                }
            };
            if !is_among(leaf.value, &asked[index].1) {
                let messages = errors.entry(leaf.path.clone()).or_default();
                messages.push("Choose one of the options.".to_owned());
                continue;
            }
        }
        let outcome = F::validate_field(cx, &leaf.path, leaf.value).await;
        add(outcome, &leaf.path, errors)?;
    }
    Ok(())
}

fn is_among(value: &Value, choices: &[Choice]) -> bool {
    let is_choice = |value: &Value| choices.iter().any(|choice| choice.value == *value);
    match value {
        Value::Array(values) => values.iter().all(is_choice),
        value => is_choice(value),
    }
}

/// Adds what a check blames; what failed otherwise is passed on.
fn add(outcome: Result<(), Error>, path: &str, errors: &mut FieldErrors) -> Result<(), Error> {
    let Err(error) = outcome else {
        return Ok(());
    };
    if error.kind() != ErrorKind::Common(ErrorCode::Invalid) {
        return Err(error);
    }
    if error.fields().is_empty() {
        let messages = errors.entry(path.to_owned()).or_default();
        messages.push(error.message().to_owned());
    }
    for (path, messages) in error.fields() {
        let known = errors.entry(path.clone()).or_default();
        known.extend(messages.iter().cloned());
    }
    Ok(())
}

/// A field that is no group, with its value.
struct Leaf<'a> {
    path: String,
    field: &'a Field,
    value: &'a Value,
}

fn add_leaves<'a>(
    fields: &'a [Field],
    values: &'a Map<String, Value>,
    above: Option<&At<'_>>,
    leaves: &mut Vec<Leaf<'a>>,
) {
    for field in fields {
        let at = At::field(above, &field.name);
        let Some(value) = values.get(&field.name).filter(|value| !value.is_null()) else {
            continue;
        };
        match (&field.kind, value) {
            (Kind::Group(fields), Value::Object(values)) => {
                add_leaves(fields, values, Some(&at), leaves);
            }
            (Kind::List { row, .. }, Value::Array(rows)) => {
                for (index, value) in rows.iter().enumerate() {
                    let at = At::row(&at, index);
                    match (row, value) {
                        (Row::Group(fields), Value::Object(values)) => {
                            add_leaves(fields, values, Some(&at), leaves);
                        }
                        (Row::Item(field), value) => leaves.push(Leaf {
                            path: at.path(),
                            field,
                            value,
                        }),
                        _ => {}
                    }
                }
            }
            // Of a file there is nothing to see here but its reference.
            (Kind::File | Kind::Group(_), _) => {}
            _ => leaves.push(Leaf {
                path: at.path(),
                field,
                value,
            }),
        }
    }
}
