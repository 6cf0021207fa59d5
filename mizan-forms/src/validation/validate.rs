//! The complete validation of a form's values: constraints first, then the checks of the handler.

use mizan_core::error::{ErrorKind, FORM_ERRORS, FieldErrors};
use mizan_core::{Cx, Error, ErrorCode};
use serde_json::{Map, Value};

use super::constraints::{Validated, decode_and_check, has_errors_below};
use super::field_path::FieldPath;
use super::field_selection::FieldSelection;
use super::messages::{NOT_A_CHOICE, READ_ONLY};
use crate::definition::{Field, FieldKind, Row};
use crate::field_check::FieldCheck;
use crate::{Choice, FormHandler};

/// Validates the values of a form.
///
/// # Errors
///
/// Returns an error if a check cannot run, for example because of a database error. The messages
/// for invalid values are in [`Validated::errors`].
pub(crate) async fn validate<F: FormHandler>(
    cx: &Cx,
    params: &F::Params,
    mut values: Value,
    selection: FieldSelection<'_>,
) -> Result<Validated<F>, Error> {
    let read_only = apply_server_values::<F>(cx, params, &mut values).await?;
    let mut validated = cx.uploads().decoding(|| decode_and_check::<F>(&mut values));
    // The client cannot correct a value that the server has set.
    for field in F::definition().server_set_fields() {
        let messages = validated.errors.remove(&field.name);
        if let Some(messages) = messages
            && !read_only.contains_key(&field.name)
        {
            return Err(Error::internal(format!(
                "`initial` of the form `{}` returns an invalid value for the field `{}`: {}",
                F::NAME,
                field.name,
                messages.join(", ")
            )));
        }
    }
    validated.errors.extend(read_only);

    if let Value::Object(members) = &values {
        let mut leaves = Vec::new();
        add_leaves(&F::definition().fields, members, None, &mut leaves);
        let leaves = Leaves {
            leaves,
            values: members,
        };
        check_leaves::<F>(cx, params, &leaves, selection, &mut validated.errors).await?;
    }
    if let Some(form) = &validated.form {
        let outcome = FormHandler::validate(form, cx).await;
        add_outcome(outcome, FORM_ERRORS, &mut validated.errors)?;
    }
    Ok(validated)
}

/// Sets the values of server-set fields. Returns an error message for each of these fields that the
/// client sent.
async fn apply_server_values<F: FormHandler>(
    cx: &Cx,
    params: &F::Params,
    values: &mut Value,
) -> Result<FieldErrors, Error> {
    let mut errors = FieldErrors::new();
    let definition = F::definition();
    let (Some(_), Value::Object(members)) = (definition.server_set_fields().next(), values) else {
        return Ok(errors);
    };
    let mut initial = F::initial(cx, params).await?.0;
    for field in definition.server_set_fields() {
        if members.shift_remove(&field.name).is_some() {
            errors.insert(field.name.clone(), vec![READ_ONLY.to_owned()]);
        }
        let declared = || field.declared.initial.map(|initial| initial());
        if let Some(value) = initial.remove(&field.name).or_else(declared) {
            members.insert(field.name.clone(), value);
        }
    }
    Ok(errors)
}

/// Checks the dynamic choices of the selected fields, and runs [`FormHandler::validate_field`].
async fn check_leaves<F: FormHandler>(
    cx: &Cx,
    params: &F::Params,
    leaves: &Leaves<'_>,
    selection: FieldSelection<'_>,
    errors: &mut FieldErrors,
) -> Result<(), Error> {
    // The choices of a field are loaded once, independent of the number of rows.
    let mut loaded: Vec<(&Field, Vec<Choice>)> = Vec::new();
    for leaf in &leaves.leaves {
        let is_invalid = errors.contains_key(&leaf.path) || has_errors_below(errors, &leaf.path);
        let is_input = leaf.field.is_drawn() && !leaf.field.is_server_set();
        if is_invalid || !is_input || !selection.contains(&leaf.path) {
            continue;
        }
        if let Some(load) = leaf.field.dynamic_choices() {
            let known = loaded
                .iter()
                .position(|(field, _)| std::ptr::eq(*field, leaf.field));
            let index = match known {
                Some(index) => index,
                None => {
                    loaded.push((leaf.field, load(cx).await?));
                    loaded.len() - 1
                }
            };
            let invalid = paths_outside(&leaf.path, leaf.value, &loaded[index].1);
            if !invalid.is_empty() {
                let not_a_choice = || vec![NOT_A_CHOICE.to_owned()];
                errors.extend(invalid.into_iter().map(|path| (path, not_a_choice())));
                continue;
            }
        }
        let outcome = {
            let check = FieldCheck::new(&leaf.path, leaf.value, leaves.values);
            F::validate_field(cx, params, check).await
        };
        add_outcome(outcome, &leaf.path, errors)?;
    }
    Ok(())
}

/// Returns the paths of the values that are not among the choices: the path of the field, or those of
/// the items of a list.
fn paths_outside(path: &str, value: &Value, choices: &[Choice]) -> Vec<String> {
    let is_choice = |value: &Value| choices.iter().any(|choice| choice.value == *value);
    match value {
        Value::Array(values) => {
            let values = values.iter().enumerate();
            let invalid = values.filter(|(_, value)| !is_choice(value));
            invalid
                .map(|(index, _)| format!("{path}.{index}"))
                .collect()
        }
        value if is_choice(value) => Vec::new(),
        _ => vec![path.to_owned()],
    }
}

/// Adds the messages of a check that rejected a value. Returns any other error.
fn add_outcome(
    outcome: Result<(), Error>,
    path: &str,
    errors: &mut FieldErrors,
) -> Result<(), Error> {
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

/// The fields of a form that have a value of their own, and all values.
struct Leaves<'a> {
    leaves: Vec<Leaf<'a>>,
    values: &'a Map<String, Value>,
}

/// A field that is neither a group nor a list of groups, with its value.
struct Leaf<'a> {
    path: String,
    field: &'a Field,
    value: &'a Value,
}

fn add_leaves<'a>(
    fields: &'a [Field],
    values: &'a Map<String, Value>,
    parent: Option<&FieldPath<'_>>,
    leaves: &mut Vec<Leaf<'a>>,
) {
    for field in fields {
        let path = FieldPath::field(parent, &field.name);
        let Some(value) = values.get(&field.name).filter(|value| !value.is_null()) else {
            continue;
        };
        match (&field.kind, value) {
            (FieldKind::Group(fields), Value::Object(values)) => {
                add_leaves(fields, values, Some(&path), leaves);
            }
            (FieldKind::List { row, .. }, Value::Array(rows)) => {
                for (index, value) in rows.iter().enumerate() {
                    let path = FieldPath::row(&path, index);
                    match (row, value) {
                        (Row::Group(fields), Value::Object(values)) => {
                            add_leaves(fields, values, Some(&path), leaves);
                        }
                        (Row::Item(field), value) => leaves.push(Leaf {
                            path: path.to_path(),
                            field,
                            value,
                        }),
                        _ => {}
                    }
                }
            }
            // The value of a file field is only a reference to the upload.
            (FieldKind::File | FieldKind::Group(_), _) => {}
            _ => leaves.push(Leaf {
                path: path.to_path(),
                field,
                value,
            }),
        }
    }
}
