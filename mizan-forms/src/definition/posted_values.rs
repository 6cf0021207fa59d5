//! Conversion of posted text fields to JSON values.

use serde_json::{Map, Value, json};

use super::model::{Field, FieldKind, Row, is_row_index, split_path};
use super::number_text::parse_number;
use crate::text_format::{TextFormat, with_seconds};

/// The posted texts of a group of fields.
#[derive(Default)]
pub(super) struct PostedGroup {
    /// The texts by field name. A list is fast enough, because a group has few fields.
    fields: Vec<(String, PostedField)>,
    /// The paths that match no field, with their texts. They are not in `fields`, which is searched
    /// linearly, because a post can contain any number of unknown names.
    unknown: Vec<(String, String)>,
}

enum PostedField {
    /// The texts that were posted under the name of the field.
    Texts(Vec<String>),
    Group(PostedGroup),
    /// The rows by index. Rows that were not posted are empty.
    List(Vec<PostedGroup>),
    /// The rows of a list of single fields.
    Items(Vec<Option<String>>),
}

impl PostedGroup {
    /// Inserts a text at its path. A path that matches no field is stored as an unknown name, so
    /// that validation rejects it.
    pub(super) fn insert(
        &mut self,
        fields: &[Field],
        path: &str,
        text: &str,
        row_budget: &mut usize,
    ) {
        let (name, rest) = split_path(path);
        let field = fields.iter().find(|field| field.name == name);
        match (field.map(|field| &field.kind), rest) {
            (Some(FieldKind::Group(inner)), Some(rest)) => {
                let group = self.entry(name, || PostedField::Group(Self::default()));
                if let PostedField::Group(group) = group {
                    group.insert(inner, rest, text, row_budget);
                }
            }
            (Some(FieldKind::List { max, row, .. }), Some(rest)) => {
                let (index, rest) = split_path(rest);
                let is_inserted = match parse_index(index) {
                    // One row above the maximum is enough for validation to reject the list.
                    Some(index) => {
                        self.insert_in_row(name, row, index.min(*max), rest, text, row_budget)
                    }
                    None => false,
                };
                if !is_inserted {
                    self.insert_unknown(path, text);
                }
            }
            // A form contains no control with the name of a group or list itself.
            (Some(FieldKind::Group(_) | FieldKind::List { .. }), None) => {
                if !text.is_empty() {
                    self.insert_unknown(path, text);
                }
            }
            (Some(_), None) => {
                let texts = self.entry(name, || PostedField::Texts(Vec::new()));
                if let PostedField::Texts(texts) = texts {
                    texts.push(text.to_owned());
                }
            }
            _ => self.insert_unknown(path, text),
        }
    }

    /// Inserts a text in a row of the list `name`. Returns false if the path matches no field or the row
    /// budget is exhausted.
    fn insert_in_row(
        &mut self,
        name: &str,
        row: &Row,
        index: usize,
        rest: Option<&str>,
        text: &str,
        row_budget: &mut usize,
    ) -> bool {
        match (row, rest) {
            (Row::Group(inner), Some(rest)) => {
                let list = self.entry(name, || PostedField::List(Vec::new()));
                if let PostedField::List(rows) = list {
                    let Some(group) = row_at(rows, index, row_budget) else {
                        return false;
                    };
                    group.insert(inner, rest, text, row_budget);
                }
                true
            }
            (Row::Item(_), None) => {
                let list = self.entry(name, || PostedField::Items(Vec::new()));
                if let PostedField::Items(rows) = list {
                    let Some(item) = row_at(rows, index, row_budget) else {
                        return false;
                    };
                    *item = Some(text.to_owned());
                }
                true
            }
            _ => false,
        }
    }

    fn insert_unknown(&mut self, path: &str, text: &str) {
        self.unknown.push((path.to_owned(), text.to_owned()));
    }

    fn entry(&mut self, name: &str, new: impl FnOnce() -> PostedField) -> &mut PostedField {
        let index = self.position(name).unwrap_or_else(|| {
            self.fields.push((name.to_owned(), new()));
            self.fields.len() - 1
        });
        &mut self.fields[index].1
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|(known, _)| known == name)
    }

    fn is_blank(&self) -> bool {
        let is_blank = |(_, field): &(String, PostedField)| match field {
            PostedField::Texts(texts) => texts.iter().all(|text| text.trim().is_empty()),
            PostedField::Group(group) => group.is_blank(),
            PostedField::List(rows) => rows.iter().all(Self::is_blank),
            PostedField::Items(rows) => rows.iter().flatten().all(|text| text.trim().is_empty()),
        };
        self.unknown.is_empty() && self.fields.iter().all(is_blank)
    }

    /// Converts the texts to the values of `fields`.
    pub(super) fn into_values(mut self, fields: &[Field]) -> Map<String, Value> {
        let mut values = Map::new();
        for field in fields {
            let index = self.position(&field.name);
            let posted = index.map(|index| self.fields.remove(index).1);
            // A posted value of a server-set field stays, so that validation rejects it.
            if posted.is_none() && field.is_server_set() {
                continue;
            }
            if let Some(value) = field_value(field, posted) {
                values.insert(field.name.clone(), value);
            }
        }
        for (name, text) in self.unknown {
            values.insert(name, Value::String(text));
        }
        values
    }
}

fn parse_index(index: &str) -> Option<usize> {
    index.parse().ok().filter(|_| is_row_index(index))
}

/// Returns the row at `index`, after adding empty rows up to it. Returns `None` if the budget does not
/// cover the added rows.
fn row_at<'r, T: Default>(
    rows: &'r mut Vec<T>,
    index: usize,
    row_budget: &mut usize,
) -> Option<&'r mut T> {
    let added = (index + 1).saturating_sub(rows.len());
    *row_budget = row_budget.checked_sub(added)?;
    if added > 0 {
        rows.resize_with(index + 1, T::default);
    }
    Some(&mut rows[index])
}

/// Returns the value of a field, or `None` to omit the field.
fn field_value(field: &Field, posted: Option<PostedField>) -> Option<Value> {
    match (&field.kind, posted) {
        (FieldKind::Group(fields), posted) => {
            let group = match posted {
                Some(PostedField::Group(group)) => group,
                _ => PostedGroup::default(),
            };
            if !field.required && group.is_blank() {
                return Some(Value::Null);
            }
            Some(Value::Object(group.into_values(fields)))
        }
        (FieldKind::List { row, .. }, posted) => Some(match (row, posted) {
            (Row::Group(fields), Some(PostedField::List(rows))) => {
                let rows = rows.into_iter();
                rows.map(|row| Value::Object(row.into_values(fields)))
                    .collect()
            }
            (Row::Item(item), Some(PostedField::Items(rows))) => {
                let rows = rows.into_iter();
                rows.map(|text| {
                    let text = text.as_deref().unwrap_or_default();
                    scalar_value(item, text).unwrap_or(Value::Null)
                })
                .collect()
            }
            _ if field.nullable => Value::Null,
            _ => json!([]),
        }),
        (FieldKind::Choices, posted) => {
            let texts = match posted {
                Some(PostedField::Texts(texts)) => texts,
                _ => Vec::new(),
            };
            let texts = texts.iter().filter(|text| !text.is_empty());
            let values: Vec<_> = texts.map(|text| choice_value(field, text)).collect();
            Some(match values.is_empty() && field.nullable {
                true => Value::Null,
                false => Value::Array(values),
            })
        }
        (FieldKind::Bool, None) => Some(Value::Bool(false)),
        (_, Some(PostedField::Texts(texts))) => {
            let text = texts.last().map(String::as_str).unwrap_or_default();
            if matches!(field.kind, FieldKind::File) && text.is_empty() {
                return None;
            }
            scalar_value(field, text)
        }
        _ => None,
    }
}

/// Returns the value of a text, or `None` to omit the field.
fn scalar_value(field: &Field, text: &str) -> Option<Value> {
    let text = text.replace("\r\n", "\n");
    if text.is_empty() {
        return blank_value(field);
    }
    Some(match &field.kind {
        FieldKind::Number { .. } => parse_number(&text).unwrap_or(Value::String(text)),
        FieldKind::Bool => match &*text {
            "on" | "true" | "1" => Value::Bool(true),
            "off" | "false" | "0" => Value::Bool(false),
            _ => Value::String(text),
        },
        FieldKind::Choice => choice_value(field, &text),
        FieldKind::Text => Value::String(match field.format {
            // `<input type="datetime-local">` sends no offset, and omits seconds that are zero.
            Some(TextFormat::Instant) if TextFormat::Datetime.matches(&text) => {
                format!("{}Z", with_seconds(&text))
            }
            _ => text,
        }),
        _ => Value::String(text),
    })
}

/// Returns the value of a blank control, or `None` to omit the field, which then has its default.
fn blank_value(field: &Field) -> Option<Value> {
    let is_text = matches!(field.kind, FieldKind::Text);
    let is_free_text = is_text && field.format.is_none() && field.bounds.format.is_none();
    match (field.nullable, field.required) {
        (true, _) => Some(Value::Null),
        _ if is_free_text => Some(Value::String(String::new())),
        (false, true) if is_text => Some(Value::String(String::new())),
        (false, true) => Some(Value::Null),
        (false, false) => None,
    }
}

/// Returns the value of the choice with this HTML value. Dynamic choices are not known here; their values
/// are numbers if the type of the field is a number.
fn choice_value(field: &Field, text: &str) -> Value {
    let choice = field
        .choices
        .iter()
        .find(|choice| choice.html_value() == text);
    let is_numeric = matches!(
        field.bounds.json_type.as_deref(),
        Some("integer" | "number")
    );
    match choice {
        Some(choice) => choice.value.clone(),
        None if is_numeric => parse_number(text).unwrap_or_else(|| Value::String(text.to_owned())),
        None => Value::String(text.to_owned()),
    }
}
