//! The fields of a form, from the JSON Schema of its type and from their attributes.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::schema::{Resolved, resolve};
use super::{Bounds, Field, Given, Kind, MAX_ROWS, Row};
use crate::attributes::FieldAttributes;
use crate::formats::Format;
use crate::{Choice, Form, Widget};

/// What a field without attributes has.
static NOTHING: FieldAttributes = FieldAttributes::new("", "");

pub(super) fn fields<F: Form>() -> Vec<Field> {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<F>()
        .to_value();
    let definitions = match schema.get_mut("$defs").map(Value::take) {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    let reader = Reader {
        form: F::NAME,
        definitions,
    };
    let root = resolve(&schema, &reader.definitions);
    reader.group(&root, F::attributes(), &mut Vec::new())
}

struct Reader {
    form: &'static str,
    definitions: Map<String, Value>,
}

impl Reader {
    /// The fields of an object; `path` leads to it.
    fn group(
        &self,
        schema: &Resolved,
        attributes: &'static [FieldAttributes],
        path: &mut Vec<Step>,
    ) -> Vec<Field> {
        let nothing = Map::new();
        let properties = schema.keywords.get("properties");
        let properties = properties.and_then(Value::as_object).unwrap_or(&nothing);
        let required = schema.keywords.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
        let mut fields: Vec<_> = properties
            .iter()
            .map(|(name, schema)| {
                let given = attributes.iter().find(|given| given.wire == name);
                path.push(Step::named(name));
                let field = self.field(name, schema, is_required(name), given, path);
                path.pop();
                field
            })
            .collect();
        fields.sort_by_key(|field| field.given.0.order);
        fields
    }

    fn field(
        &self,
        name: &str,
        schema: &Value,
        in_required: bool,
        given: Option<&'static FieldAttributes>,
        path: &mut Vec<Step>,
    ) -> Field {
        let schema = resolve(schema, &self.definitions);
        let given = given.unwrap_or(&NOTHING);
        if (given.hidden || given.disabled) && path.len() > 1 {
            self.refuse(
                path,
                "cannot be hidden or disabled inside of a group: `initial` has no value for it",
            );
        }
        for known in &schema.names {
            if path.iter().any(|step| step.types.contains(known)) {
                self.refuse(
                    path,
                    "holds itself, and so has no end: leave it out of the form",
                );
            }
        }
        if let Some(step) = path.last_mut() {
            step.types.clone_from(&schema.names);
        }
        let choices = self.choices(&schema, given);
        let format = format(&schema, given.widget);
        let kind = self.kind(&schema, &choices, format, given, path);
        let widget = given
            .widget
            .unwrap_or_else(|| widget(&kind, &schema, format, choices.len()));
        let fits = match widget {
            Widget::Checkbox => matches!(kind, Kind::Bool),
            Widget::File | Widget::Image => matches!(kind, Kind::File),
            Widget::List => matches!(kind, Kind::List { .. }),
            Widget::MultiSelect | Widget::Checkboxes => matches!(kind, Kind::Choices),
            Widget::Select | Widget::Radio => matches!(kind, Kind::Choice | Kind::Bool),
            Widget::Number | Widget::Range => matches!(kind, Kind::Number { .. }),
            Widget::Group => matches!(kind, Kind::Group(_)),
            Widget::Hidden => !matches!(
                kind,
                Kind::Group(_) | Kind::List { .. } | Kind::File | Kind::Choices
            ),
            _ => matches!(kind, Kind::Text | Kind::Number { .. } | Kind::Any),
        };
        if !fits {
            let why = format!(
                "cannot have the widget `{}`, which does not fit its type",
                widget.as_str()
            );
            self.refuse(path, &why);
        }
        let bound = |keyword: &str| schema.keywords.get(keyword).cloned();
        // schemars writes the bounds of smaller integers alone.
        let (least, most) = match schema.keywords.get("format").and_then(Value::as_str) {
            Some("int32") => (Some(i32::MIN.into()), Some(i32::MAX.into())),
            Some("uint32") => (None, Some(u32::MAX.into())),
            _ => (None, None),
        };
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let word = |keyword: &str, schema: &Resolved| {
            let word = schema.keywords.get(keyword).and_then(Value::as_str);
            word.map(str::to_owned)
        };
        let described = schema.keywords.get("description").and_then(Value::as_str);
        let rust = if given.rust.is_empty() {
            name
        } else {
            given.rust
        };
        Field {
            rust: rust.to_owned(),
            name: name.to_owned(),
            label: given.label.map_or_else(|| words(rust), str::to_owned),
            help: match given.rust {
                "" => text(described),
                _ => text(given.help),
            },
            required: in_required && !schema.nullable && !given.default,
            may_be_blank: given.blank,
            widget,
            kind,
            choices,
            format,
            bounds: Bounds {
                min: bound("minimum")
                    .or_else(|| bound("exclusiveMinimum"))
                    .or(least),
                max: bound("maximum")
                    .or_else(|| bound("exclusiveMaximum"))
                    .or(most),
                min_length: bound("minLength"),
                max_length: bound("maxLength"),
                format: word("format", &schema),
                kind: match schema.keywords.get("items") {
                    Some(items) => word("type", &resolve(items, &self.definitions)),
                    None => word("type", &schema),
                },
            },
            given: Given(given),
        }
    }

    fn kind(
        &self,
        schema: &Resolved,
        choices: &[Choice],
        format: Option<Format>,
        given: &'static FieldAttributes,
        path: &mut Vec<Step>,
    ) -> Kind {
        let has_choices = !choices.is_empty() || given.asked.is_some();
        let attributes = given.nested.map_or(&[][..], |nested| nested());
        match schema.keywords.get("type").and_then(Value::as_str) {
            Some("array") => self.list(schema, has_choices, given, path),
            _ if has_choices => Kind::Choice,
            Some("string") if schema.keywords.get("format").is_some_and(|f| f == "binary") => {
                Kind::File
            }
            Some("string") => Kind::Text,
            Some("integer") => Kind::Number { whole: true },
            Some("number") => Kind::Number { whole: false },
            Some("boolean") => Kind::Bool,
            Some("object") if schema.keywords.contains_key("properties") => {
                Kind::Group(self.group(schema, attributes, path))
            }
            _ if format == Some(Format::Decimal) => Kind::Text,
            _ => Kind::Any,
        }
    }

    fn list(
        &self,
        schema: &Resolved,
        has_choices: bool,
        given: &'static FieldAttributes,
        path: &mut Vec<Step>,
    ) -> Kind {
        if has_choices {
            return Kind::Choices;
        }
        let Some(items) = schema.keywords.get("items") else {
            return Kind::Any;
        };
        let bound = |keyword: &str| {
            let number = schema.keywords.get(keyword).and_then(Value::as_u64);
            number.and_then(|number| usize::try_from(number).ok())
        };
        path.push(Step::named("*"));
        let item = resolve(items, &self.definitions);
        let row = if item.keywords.contains_key("properties") {
            for known in &item.names {
                if path.iter().any(|step| step.types.contains(known)) {
                    self.refuse(
                        path,
                        "holds itself, and so has no end: leave it out of the form",
                    );
                }
            }
            if let Some(step) = path.last_mut() {
                step.types.clone_from(&item.names);
            }
            let attributes = given.nested.map_or(&[][..], |nested| nested());
            Row::Group(self.group(&item, attributes, path))
        } else {
            Row::Item(Box::new(self.field("", items, true, None, path)))
        };
        path.pop();
        Kind::List {
            min: bound("minItems").unwrap_or(0),
            max: bound("maxItems").unwrap_or(MAX_ROWS),
            row,
        }
    }

    /// The choices of an enum, or those that are given; of a list, those of its items.
    fn choices(&self, schema: &Resolved, given: &FieldAttributes) -> Vec<Choice> {
        if !given.listed.is_empty() {
            let listed = given.listed.iter();
            return listed
                .map(|(value, label)| Choice::new(*value, *label))
                .collect();
        }
        let items = schema.keywords.get("items");
        let items = items.map(|items| resolve(items, &self.definitions));
        let keywords = items
            .as_ref()
            .map_or(&schema.keywords, |items| &items.keywords);
        if let Some(Value::Array(values)) = keywords.get("enum") {
            return values.iter().map(|value| choice(value, None)).collect();
        }
        let Some(Value::Array(variants)) = keywords.get("oneOf").or(keywords.get("anyOf")) else {
            return Vec::new();
        };
        let mut choices = Vec::new();
        for variant in variants {
            match (variant.get("const"), variant.get("enum")) {
                (Some(value), _) => choices.push(choice(value, variant.get("description"))),
                (None, Some(Value::Array(values))) => {
                    choices.extend(values.iter().map(|value| choice(value, None)));
                }
                _ => return Vec::new(),
            }
        }
        choices
    }

    fn refuse(&self, path: &[Step], why: &str) -> ! {
        let names: Vec<_> = path.iter().map(|step| &*step.name).collect();
        panic!(
            "the field `{}` of the form `{}` {why}",
            names.join("."),
            self.form
        )
    }
}

/// A name of the path to a field, and the types that stand there.
struct Step {
    name: String,
    types: Vec<String>,
}

impl Step {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            types: Vec::new(),
        }
    }
}

fn choice(value: &Value, description: Option<&Value>) -> Choice {
    let described = description.and_then(Value::as_str);
    let label = match (described.and_then(|text| text.lines().next()), value) {
        (Some(line), _) => line.trim_end_matches('.').to_owned(),
        (None, Value::String(name)) => words(name),
        (None, other) => other.to_string(),
    };
    Choice::new(value.clone(), label)
}

fn format(schema: &Resolved, widget: Option<Widget>) -> Option<Format> {
    let keyword = |name: &str| schema.keywords.get(name).and_then(Value::as_str);
    let is_text = keyword("type") == Some("string");
    match (keyword("format"), widget) {
        (Some("date"), _) => Some(Format::Date),
        (Some("partial-time"), _) => Some(Format::Time),
        (Some("partial-date-time"), _) => Some(Format::Datetime),
        (Some("date-time"), _) => Some(Format::Instant),
        (Some("color"), _) => Some(Format::Color),
        (_, Some(Widget::Date)) if is_text => Some(Format::Date),
        (_, Some(Widget::Time)) if is_text => Some(Format::Time),
        (_, Some(Widget::DatetimeLocal)) if is_text => Some(Format::Datetime),
        (_, Some(Widget::Color)) if is_text => Some(Format::Color),
        (_, Some(Widget::Decimal)) if is_text => Some(Format::Decimal),
        // How schemars writes exact numbers: text or number, with the pattern of a number.
        _ if schema.keywords.get("type").is_some_and(is_text_or_number) => Some(Format::Decimal),
        _ => None,
    }
}

fn is_text_or_number(types: &Value) -> bool {
    types.as_array().is_some_and(|types| {
        types.len() == 2
            && types.iter().any(|kind| kind == "string")
            && types.iter().any(|kind| kind == "number")
    })
}

/// The widget of a field that names none.
fn widget(kind: &Kind, schema: &Resolved, format: Option<Format>, choices: usize) -> Widget {
    let is = |name: &str| {
        schema
            .keywords
            .get("format")
            .is_some_and(|format| format == name)
    };
    match kind {
        Kind::Number { .. } => Widget::Number,
        Kind::Bool => Widget::Checkbox,
        Kind::File => Widget::File,
        Kind::Choice => Widget::Select,
        Kind::Choices if choices > 0 => Widget::Checkboxes,
        Kind::Choices => Widget::MultiSelect,
        Kind::Group(_) => Widget::Group,
        Kind::List { .. } => Widget::List,
        Kind::Any => Widget::Text,
        Kind::Text => match format {
            Some(Format::Date) => Widget::Date,
            Some(Format::Time) => Widget::Time,
            Some(Format::Datetime | Format::Instant) => Widget::DatetimeLocal,
            Some(Format::Color) => Widget::Color,
            Some(Format::Decimal) => Widget::Decimal,
            None if is("email") => Widget::Email,
            None if is("uri") => Widget::Url,
            None => Widget::Text,
        },
    }
}

/// `First name` for `first_name` and `firstName`.
pub(super) fn words(name: &str) -> String {
    let mut words = String::new();
    let mut after_small = false;
    for c in name.chars() {
        if matches!(c, '_' | '-' | '.') {
            words.push(' ');
        } else if c.is_uppercase() && after_small {
            words.push(' ');
            words.extend(c.to_lowercase());
        } else if words.is_empty() {
            words.extend(c.to_uppercase());
        } else {
            words.push(c);
        }
        after_small = c.is_lowercase();
    }
    words
}
