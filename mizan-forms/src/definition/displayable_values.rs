//! Selection of the values that a page can display.

use serde_json::Value;

use super::model::{Field, FieldKind, Row};

/// Removes the values that must not be displayed (those of password, file and server-only fields) and
/// the values that cannot be displayed (those of unknown fields, and values with the wrong
/// structure).
pub(crate) fn retain_displayable(fields: &[Field], values: &mut Value) {
    let Value::Object(members) = values else {
        return;
    };
    members.retain(|name, value| {
        let field = fields.iter().find(|field| field.name == *name);
        field.is_some_and(|field| {
            let is_public = !field.is_secret() && !field.declared.server_only;
            is_public && has_structure_of(&field.kind, value)
        })
    });
    for (name, value) in members {
        let field = fields.iter().find(|field| field.name == *name);
        match (field.map(|field| &field.kind), value) {
            (Some(FieldKind::Group(fields)), value) => retain_displayable(fields, value),
            (Some(FieldKind::List { row, .. }), Value::Array(rows)) => match row {
                Row::Group(fields) => {
                    rows.iter_mut()
                        .for_each(|row| retain_displayable(fields, row));
                }
                Row::Item(item) if item.is_secret() => rows.clear(),
                Row::Item(_) => {}
            },
            _ => {}
        }
    }
}

/// Returns false if the value of a group is not an object, or the value of a list is not an array.
/// Null is valid for both.
fn has_structure_of(kind: &FieldKind, value: &Value) -> bool {
    match kind {
        FieldKind::Group(_) => value.is_object() || value.is_null(),
        FieldKind::List { .. } => value.is_array() || value.is_null(),
        _ => true,
    }
}
