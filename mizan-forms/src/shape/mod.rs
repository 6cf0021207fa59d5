pub(crate) mod describe;
pub(crate) mod html;
mod read;
pub(crate) mod schema;

use mizan_core::function::Source;
use serde_json::Value;

use crate::attributes::{AskChoices, FieldAttributes};
use crate::formats::Format;
use crate::{Choice, Form, Widget};

/// The most rows of a list that says nothing else.
pub(crate) const MAX_ROWS: usize = 1_000;

/// The fields of a form: what its type's JSON Schema says, and its attributes besides.
pub struct Shape {
    pub(crate) name: &'static str,
    pub(crate) title: String,
    pub(crate) docs: &'static str,
    pub(crate) redirect: Option<&'static str>,
    pub(crate) source: Option<Source>,
    pub(crate) fields: Vec<Field>,
}

/// A field, with its names in Rust and on the wire.
pub(crate) struct Field {
    pub(crate) rust: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) widget: Widget,
    pub(crate) label: String,
    pub(crate) help: String,
    /// Whether it may neither be absent nor null.
    pub(crate) required: bool,
    /// Whether a text that is required may be empty.
    pub(crate) may_be_blank: bool,
    pub(crate) choices: Vec<Choice>,
    pub(crate) format: Option<Format>,
    /// The keywords of its schema that a widget repeats: bounds and lengths.
    pub(crate) bounds: Bounds,
    pub(crate) given: Given,
}

#[derive(Default)]
pub(crate) struct Bounds {
    pub(crate) min: Option<Value>,
    pub(crate) max: Option<Value>,
    pub(crate) min_length: Option<Value>,
    pub(crate) max_length: Option<Value>,
    /// What else the schema calls the texts, such as `uuid`.
    pub(crate) format: Option<String>,
    /// The JSON type of the value, or of the items of a list.
    pub(crate) kind: Option<String>,
}

/// What the attributes of a field say, or nothing.
#[derive(Clone, Copy)]
pub(crate) struct Given(pub(crate) &'static FieldAttributes);

/// What the value of a field is.
pub(crate) enum Kind {
    Text,
    Number {
        whole: bool,
    },
    Bool,
    File,
    /// One of the choices.
    Choice,
    /// Several of the choices.
    Choices,
    Group(Vec<Field>),
    List {
        min: usize,
        max: usize,
        row: Row,
    },
    /// Whatever the type takes.
    Any,
}

/// What stands in each row of a list.
pub(crate) enum Row {
    Group(Vec<Field>),
    /// A single field, whose name is empty.
    Item(Box<Field>),
}

impl Shape {
    /// The shape of the form `F`.
    ///
    /// # Panics
    ///
    /// As [`RegisterForm::form`](crate::RegisterForm::form) says.
    #[must_use]
    pub fn of<F: Form>() -> Self {
        Self {
            name: F::NAME,
            title: F::TITLE.map_or_else(|| read::words(F::NAME), str::to_owned),
            docs: F::DOCS,
            redirect: F::REDIRECT,
            source: F::SOURCE,
            fields: read::fields::<F>(),
        }
    }

    /// The fields whose values the server holds.
    pub(crate) fn held(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_held())
    }

    /// The field at `path`, in which indices of rows may stand as `*`.
    pub(crate) fn field(&self, path: &str) -> Option<&Field> {
        find(&self.fields, path)
    }
}

impl Field {
    /// Whether the server gives the value, and refuses one from a client.
    pub(crate) fn is_held(&self) -> bool {
        self.given.0.hidden || self.given.0.disabled
    }

    /// Whether its values may be shown again.
    pub(crate) fn is_secret(&self) -> bool {
        self.widget == Widget::Password || matches!(self.kind, Kind::File)
    }

    pub(crate) fn asked(&self) -> Option<AskChoices> {
        self.given.0.asked
    }

    pub(crate) fn is_line(&self) -> bool {
        matches!(self.kind, Kind::Text) && self.widget.is_line() && self.format.is_none()
    }

    pub(crate) fn must_not_be_blank(&self) -> bool {
        matches!(self.kind, Kind::Text) && self.required && !self.may_be_blank
    }
}

impl Row {
    /// The fields of a row: those of the group, or the one that it is.
    pub(crate) fn fields(&self) -> &[Field] {
        match self {
            Self::Group(fields) => fields,
            Self::Item(field) => std::slice::from_ref(field),
        }
    }
}

pub(crate) fn is_index(name: &str) -> bool {
    name == "*"
        || (!name.is_empty()
            && name.len() <= 9
            && name.bytes().all(|byte| byte.is_ascii_digit())
            && (name == "0" || !name.starts_with('0')))
}

/// The field at a path below `fields`.
pub(crate) fn find<'f>(fields: &'f [Field], path: &str) -> Option<&'f Field> {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let field = fields.iter().find(|field| field.name == name)?;
    let Some(rest) = rest else {
        return Some(field);
    };
    match &field.kind {
        Kind::Group(fields) => find(fields, rest),
        Kind::List { row, .. } => {
            let (index, rest) = match rest.split_once('.') {
                Some((index, rest)) => (index, Some(rest)),
                None => (rest, None),
            };
            match (is_index(index), row, rest) {
                (true, Row::Group(fields), Some(rest)) => find(fields, rest),
                (true, Row::Item(field), None) => Some(field),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The fields whose choices functions give, by path; `*` stands for the index of a row.
pub(crate) fn add_asked(fields: &[Field], prefix: &str, asked: &mut Vec<(String, AskChoices)>) {
    for field in fields.iter().filter(|field| !field.given.0.hidden) {
        let path = format!("{prefix}{}", field.name);
        if let Some(ask) = field.asked() {
            asked.push((path.clone(), ask));
        }
        match &field.kind {
            Kind::Group(fields) => add_asked(fields, &format!("{path}."), asked),
            Kind::List {
                row: Row::Group(fields),
                ..
            } => add_asked(fields, &format!("{path}.*."), asked),
            _ => {}
        }
    }
}
