//! What the text fields of an HTML form mean, and its rows.

use mizan_core::adapter::FormShape;
use serde_json::{Map, Value, json};

use super::{Field, Kind, Row, Shape, find, is_index};
use crate::formats::Format;

/// How many rows the texts of one post may make, in all of its lists: a short text could otherwise ask
/// for a thousand rows in each of a thousand.
const ROWS: usize = 10_000;

/// The names that are the server's own.
const RESERVED: [&str; 5] = ["__token", "__page", "__next", "__add", "__remove"];

impl FormShape for Shape {
    fn manifest(&self) -> Value {
        self.describe()
    }

    fn label(&self, path: &str) -> String {
        let mut words = Vec::new();
        let mut at = String::new();
        for name in path.split('.') {
            if !at.is_empty() {
                at.push('.');
            }
            at.push_str(name);
            match find(&self.fields, &at) {
                Some(field) if !field.name.is_empty() => words.push(field.label.clone()),
                _ => match name.parse::<u32>() {
                    Ok(index) => words.push(format!("row {}", index.saturating_add(1))),
                    Err(_) => words.push(name.to_owned()),
                },
            }
        }
        words.join(", ")
    }

    fn parse_fields(&self, fields: &[(String, String)]) -> Value {
        let mut texts = Texts::default();
        let mut free = ROWS;
        for (path, text) in fields {
            if !RESERVED.contains(&&**path) {
                texts.put(&self.fields, path, text, &mut free);
            }
        }
        Value::Object(texts.group(&self.fields))
    }

    fn add_row(&self, values: &mut Value, path: &str) {
        let Some(Kind::List { max, row, .. }) = find(&self.fields, path).map(|list| &list.kind)
        else {
            return;
        };
        let Some(list) = at(values, path) else {
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
            && let Some(Value::Array(rows)) = at(values, list)
            && let Ok(index) = index.parse::<usize>()
            && index < rows.len()
        {
            rows.remove(index);
        }
    }

    fn redisplay_values(&self, mut values: Value) -> Value {
        hide(&self.fields, &mut values);
        values
    }
}

fn empty_row(row: &Row) -> Value {
    match row {
        Row::Item(_) => Value::Null,
        Row::Group(fields) => {
            let initial = |field: &Field| {
                let initial = field.given.0.initial?;
                (!field.is_secret()).then(|| (field.name.clone(), initial()))
            };
            Value::Object(fields.iter().filter_map(initial).collect())
        }
    }
}

/// What stands at a path. An object gets a member that it lacks.
fn at<'v>(values: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    path.split('.').try_fold(values, |value, name| match value {
        Value::Object(members) => Some(members.entry(name).or_insert(Value::Null)),
        Value::Array(rows) => rows.get_mut(name.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Takes out what must not be shown again.
pub(crate) fn hide(fields: &[Field], values: &mut Value) {
    let Value::Object(members) = values else {
        return;
    };
    members.retain(|name, value| {
        let field = fields.iter().find(|field| field.name == *name);
        field.is_some_and(|field| {
            let is_shown = !field.is_secret() && !field.given.0.hidden;
            is_shown && may_hold(&field.kind, value)
        })
    });
    for (name, value) in members {
        let field = fields.iter().find(|field| field.name == *name);
        match (field.map(|field| &field.kind), value) {
            (Some(Kind::Group(fields)), value) => hide(fields, value),
            (Some(Kind::List { row, .. }), Value::Array(rows)) => match row {
                Row::Group(fields) => rows.iter_mut().for_each(|row| hide(fields, row)),
                Row::Item(item) if item.is_secret() => rows.clear(),
                Row::Item(_) => {}
            },
            _ => {}
        }
    }
}

/// Whether a page can show the value: it draws groups and rows of what is one alone.
fn may_hold(kind: &Kind, value: &Value) -> bool {
    match kind {
        Kind::Group(_) => value.is_object() || value.is_null(),
        Kind::List { .. } => value.is_array() || value.is_null(),
        _ => true,
    }
}

/// The texts of a group.
#[derive(Default)]
struct Texts {
    /// By the names of its fields, of which there are few.
    fields: Vec<(String, Text)>,
    /// Paths that lead to no field, with their texts. Kept apart from the fields, since a post may have
    /// any number of these, and fields are searched for one by one.
    unknown: Vec<(String, String)>,
}

enum Text {
    /// What was sent under one name.
    Leaf(Vec<String>),
    Group(Texts),
    /// Rows by index; those between have nothing.
    List(Vec<Texts>),
    /// The rows of a list of single fields.
    Items(Vec<Option<String>>),
}

impl Texts {
    /// Puts a text where its path leads. A path that leads nowhere becomes a name that no field has.
    fn put(&mut self, fields: &[Field], path: &str, text: &str, free: &mut usize) {
        let (name, rest) = match path.split_once('.') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let field = fields.iter().find(|field| field.name == name);
        match (field.map(|field| &field.kind), rest) {
            (Some(Kind::Group(inner)), Some(rest)) => {
                if let Text::Group(group) = self.entry(name, || Text::Group(Self::default())) {
                    group.put(inner, rest, text, free);
                }
            }
            (Some(Kind::List { max, row, .. }), Some(rest)) => {
                let (index, rest) = match rest.split_once('.') {
                    Some((index, rest)) => (index, Some(rest)),
                    None => (rest, None),
                };
                let Some(index) = index.parse::<usize>().ok().filter(|_| is_index(index)) else {
                    self.unknown(path, text);
                    return;
                };
                // One row too many is enough to refuse the list.
                let index = index.min(*max);
                match (row, rest) {
                    (Row::Group(inner), Some(rest)) => {
                        if let Text::List(rows) = self.entry(name, || Text::List(Vec::new())) {
                            if !take(free, (index + 1).saturating_sub(rows.len())) {
                                self.unknown(path, text);
                                return;
                            }
                            if rows.len() <= index {
                                rows.resize_with(index + 1, Self::default);
                            }
                            rows[index].put(inner, rest, text, free);
                        }
                    }
                    (Row::Item(_), None) => {
                        if let Text::Items(rows) = self.entry(name, || Text::Items(Vec::new())) {
                            if !take(free, (index + 1).saturating_sub(rows.len())) {
                                self.unknown(path, text);
                                return;
                            }
                            if rows.len() <= index {
                                rows.resize(index + 1, None);
                            }
                            rows[index] = Some(text.to_owned());
                        }
                    }
                    _ => self.unknown(path, text),
                }
            }
            // No control of a browser has the name of a group or a list alone.
            (Some(Kind::Group(_) | Kind::List { .. }), None) => {
                if !text.is_empty() {
                    self.unknown(path, text);
                }
            }
            (Some(_), None) => {
                if let Text::Leaf(texts) = self.entry(name, || Text::Leaf(Vec::new())) {
                    texts.push(text.to_owned());
                }
            }
            _ => self.unknown(path, text),
        }
    }

    fn unknown(&mut self, path: &str, text: &str) {
        self.unknown.push((path.to_owned(), text.to_owned()));
    }

    fn entry(&mut self, name: &str, new: impl FnOnce() -> Text) -> &mut Text {
        let index = self.position(name).unwrap_or_else(|| {
            self.fields.push((name.to_owned(), new()));
            self.fields.len() - 1
        });
        &mut self.fields[index].1
    }

    /// Where the texts of a field are.
    fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|(known, _)| known == name)
    }

    fn is_empty(&self) -> bool {
        let is_blank = |(_, text): &(String, Text)| match text {
            Text::Leaf(texts) => texts.iter().all(|text| text.trim().is_empty()),
            Text::Group(group) => group.is_empty(),
            Text::List(rows) => rows.iter().all(Self::is_empty),
            Text::Items(rows) => rows.iter().flatten().all(|text| text.trim().is_empty()),
        };
        self.unknown.is_empty() && self.fields.iter().all(is_blank)
    }

    fn group(mut self, fields: &[Field]) -> Map<String, Value> {
        let mut values = Map::new();
        for field in fields {
            let index = self.position(&field.name);
            let text = index.map(|index| self.fields.remove(index).1);
            // A field that the server holds is absent, unless somebody sent it.
            if text.is_none() && field.is_held() {
                continue;
            }
            if let Some(value) = value(field, text) {
                values.insert(field.name.clone(), value);
            }
        }
        for (name, text) in self.unknown {
            values.insert(name, Value::String(text));
        }
        values
    }
}

/// Takes so many of what is free, or nothing.
fn take(free: &mut usize, wanted: usize) -> bool {
    let left = free.checked_sub(wanted);
    *free = left.unwrap_or(*free);
    left.is_some()
}

/// The value of a field; nothing where it is to be absent.
fn value(field: &Field, text: Option<Text>) -> Option<Value> {
    match (&field.kind, text) {
        (Kind::Group(fields), text) => {
            let group = match text {
                Some(Text::Group(group)) => group,
                _ => Texts::default(),
            };
            if !field.required && group.is_empty() {
                return Some(Value::Null);
            }
            Some(Value::Object(group.group(fields)))
        }
        (Kind::List { row, .. }, text) => Some(match (row, text) {
            (Row::Group(fields), Some(Text::List(rows))) => {
                let rows = rows.into_iter().map(|row| Value::Object(row.group(fields)));
                rows.collect()
            }
            (Row::Item(item), Some(Text::Items(rows))) => {
                let rows = rows.into_iter();
                rows.map(|text| scalar(item, text.as_deref().unwrap_or_default()))
                    .collect()
            }
            _ => json!([]),
        }),
        (Kind::Choices, text) => {
            let texts = match text {
                Some(Text::Leaf(texts)) => texts,
                _ => Vec::new(),
            };
            let texts = texts.iter().filter(|text| !text.is_empty());
            Some(texts.map(|text| chosen(field, text)).collect())
        }
        (Kind::Bool, None) => Some(Value::Bool(false)),
        (_, Some(Text::Leaf(texts))) => {
            let text = texts.last().map(String::as_str).unwrap_or_default();
            if matches!(field.kind, Kind::File) && text.is_empty() {
                return None;
            }
            Some(scalar(field, text))
        }
        _ => None,
    }
}

fn scalar(field: &Field, text: &str) -> Value {
    let text = text.replace("\r\n", "\n");
    let is_text = matches!(field.kind, Kind::Text);
    if text.is_empty() && (!is_text || !field.required) {
        return Value::Null;
    }
    match &field.kind {
        Kind::Number { .. } => number(&text).unwrap_or(Value::String(text)),
        Kind::Bool => match &*text {
            "on" | "true" | "1" => Value::Bool(true),
            "off" | "false" | "0" => Value::Bool(false),
            _ => Value::String(text),
        },
        Kind::Choice => chosen(field, &text),
        Kind::Text => Value::String(match field.format {
            // Browsers leave out seconds that are zero, and know no offset: that is UTC then.
            Some(Format::Instant) if Format::Datetime.fits(&text) => {
                format!("{}Z", with_seconds(&text))
            }
            _ => text,
        }),
        _ => Value::String(text),
    }
}

/// `18:30:00` for `18:30`, also behind a date.
pub(crate) fn with_seconds(text: &str) -> String {
    if text.matches(':').count() == 1 {
        format!("{text}:00")
    } else {
        text.to_owned()
    }
}

fn number(text: &str) -> Option<Value> {
    let number: Value = serde_json::from_str(text.trim()).ok()?;
    number.is_number().then_some(number)
}

/// The choice that is written like this. Those that are asked for later may be numbers as well.
fn chosen(field: &Field, text: &str) -> Value {
    let known = field.choices.iter().find(|choice| choice.text() == text);
    let wants_number = matches!(field.bounds.kind.as_deref(), Some("integer" | "number"));
    match known {
        Some(choice) => choice.value.clone(),
        None if wants_number => number(text).unwrap_or_else(|| Value::String(text.to_owned())),
        None => Value::String(text.to_owned()),
    }
}
