//! Form submissions from browsers without JavaScript.

use mizan_core::adapter::FormShape;
use serde_json::{Value, json};

use super::displayable_values::retain_displayable;
use super::model::{Field, FieldKind, FormDefinition, Row, find_field};
use super::posted_values::PostedGroup;

/// The maximum number of rows in all lists of one post. Without this limit, a short request body
/// could create a thousand rows in each of a thousand nested lists.
const MAX_POSTED_ROWS: usize = 10_000;

/// The names of the form controls that `mizan-http` handles itself.
const RESERVED_NAMES: [&str; 5] = ["__token", "__page", "__next", "__add", "__remove"];

impl FormShape for FormDefinition {
    fn manifest(&self) -> Value {
        self.describe()
    }

    fn label(&self, path: &str) -> String {
        let mut labels = Vec::new();
        let mut prefix = String::new();
        for name in path.split('.') {
            if !prefix.is_empty() {
                prefix.push('.');
            }
            prefix.push_str(name);
            match find_field(&self.fields, &prefix) {
                Some(field) if !field.name.is_empty() => labels.push(field.label.clone()),
                _ => match name.parse::<u32>() {
                    Ok(index) => labels.push(format!("row {}", index.saturating_add(1))),
                    Err(_) => labels.push(name.to_owned()),
                },
            }
        }
        labels.join(", ")
    }

    fn parse_fields(&self, fields: &[(String, String)]) -> Value {
        let mut posted = PostedGroup::default();
        let mut row_budget = MAX_POSTED_ROWS;
        for (path, text) in fields {
            if !RESERVED_NAMES.contains(&&**path) {
                posted.insert(&self.fields, path, text, &mut row_budget);
            }
        }
        Value::Object(posted.into_values(&self.fields))
    }

    fn add_row(&self, values: &mut Value, path: &str) {
        let list = find_field(&self.fields, path);
        let Some(FieldKind::List { max, row, .. }) = list.map(|list| &list.kind) else {
            return;
        };
        let Some(list) = value_at(values, path) else {
            return;
        };
        if !list.is_array() {
            *list = json!([]);
        }
        if let Value::Array(rows) = list
            && rows.len() < *max
        {
            rows.push(empty_row(row));
        }
    }

    fn remove_row(&self, values: &mut Value, path: &str) {
        if let Some((list, index)) = path.rsplit_once('.')
            && let Some(Value::Array(rows)) = value_at(values, list)
            && let Ok(index) = index.parse::<usize>()
            && index < rows.len()
        {
            rows.remove(index);
        }
    }

    fn redisplay_values(&self, mut values: Value) -> Value {
        retain_displayable(&self.fields, &mut values);
        values
    }
}

fn empty_row(row: &Row) -> Value {
    match row {
        Row::Item(_) => Value::Null,
        Row::Group(fields) => {
            let initial = |field: &Field| {
                let initial = field.declared.initial?;
                (!field.is_secret()).then(|| (field.name.clone(), initial()))
            };
            Value::Object(fields.iter().filter_map(initial).collect())
        }
    }
}

/// Returns the value at a path. Inserts missing members of objects as null.
fn value_at<'v>(values: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    path.split('.').try_fold(values, |value, name| match value {
        Value::Object(members) => Some(members.entry(name).or_insert(Value::Null)),
        Value::Array(rows) => rows.get_mut(name.parse::<usize>().ok()?),
        _ => None,
    })
}
