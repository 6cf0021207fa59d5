//! Construction of a form definition from the JSON Schema of a type and its attributes.

use std::sync::OnceLock;

use mizan_core::wire::MAX_SAFE_INTEGER;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::json_schema::{ResolvedSchema, resolve};
use super::model::{Bounds, Field, FieldKind, FormDefinition, Row};
use super::number_text::parse_number;
use crate::attributes::FieldAttributes;
use crate::text_format::TextFormat;
use crate::{Choice, Form, Widget};

/// The maximum number of rows of a list without `#[validate(length(max = ..))]`.
const DEFAULT_MAX_ROWS: usize = 1_000;

/// The attributes of a field whose struct does not derive `Form`.
static NO_ATTRIBUTES: FieldAttributes = FieldAttributes::new("", "");

/// Computes the definition of the form `F`.
///
/// # Panics
///
/// Panics if a field is not supported; see [`RegisterForm::form`](crate::RegisterForm::form).
#[must_use]
pub fn define_form<F: Form>() -> FormDefinition {
    FormDefinition {
        name: F::NAME,
        title: F::TITLE.map_or_else(|| label_from_name(F::NAME), str::to_owned),
        docs: F::DOCS,
        redirect: F::REDIRECT,
        source: F::SOURCE,
        fields: fields::<F>(),
        encoded: OnceLock::new(),
    }
}

fn fields<F: Form>() -> Vec<Field> {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<F>()
        .to_value();
    let definitions = match schema.get_mut("$defs").map(Value::take) {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    let reader = SchemaReader {
        form: F::NAME,
        definitions,
    };
    let root = resolve(&schema, &reader.definitions);
    reader.group(&root, F::attributes(), &mut Vec::new())
}

struct SchemaReader {
    form: &'static str,
    definitions: Map<String, Value>,
}

/// A step of the path to a field.
struct Step {
    name: String,
    /// The names of the schema definitions that were resolved at this step.
    types: Vec<String>,
}

impl Step {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            types: Vec::new(),
        }
    }
}

impl SchemaReader {
    /// Returns the fields of the object at `path`.
    fn group(
        &self,
        schema: &ResolvedSchema,
        attributes: &'static [FieldAttributes],
        path: &mut Vec<Step>,
    ) -> Vec<Field> {
        let no_properties = Map::new();
        let properties = schema.keywords.get("properties");
        let properties = properties
            .and_then(Value::as_object)
            .unwrap_or(&no_properties);
        let required = schema.keywords.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
        let mut fields: Vec<_> = properties
            .iter()
            .map(|(name, schema)| {
                let declared = attributes.iter().find(|field| field.wire_name == name);
                path.push(Step::new(name));
                let field = self.field(name, schema, is_required(name), declared, path);
                path.pop();
                field
            })
            .collect();
        fields.sort_by_key(|field| field.declared.order);
        fields
    }

    fn field(
        &self,
        name: &str,
        schema: &Value,
        is_required: bool,
        declared: Option<&'static FieldAttributes>,
        path: &mut Vec<Step>,
    ) -> Field {
        let mut schema = resolve(schema, &self.definitions);
        let declared = declared.unwrap_or(&NO_ATTRIBUTES);
        if declared.as_number {
            limit_to_number(&mut schema.keywords);
        }
        if (declared.server_only || declared.disabled) && path.len() > 1 {
            self.reject(
                path,
                "cannot be `server_only` or `disabled` inside a group, because `initial` sets only \
                 the fields of the form itself",
            );
        }
        self.enter_types(&schema.definitions, path);
        let mut choices = self.choices(&schema, declared, path);
        sort_by_declaration(&mut choices, declared);
        let format = format(&schema, declared.widget);
        let kind = self.kind(&schema, &choices, format, declared, path);
        if declared.as_number && !matches!(kind, FieldKind::Number { is_integer: true }) {
            self.reject(
                path,
                "is `as_number`, and must be an integer of 64 or more bits",
            );
        }
        let is_scalar = matches!(
            kind,
            FieldKind::Text | FieldKind::Number { .. } | FieldKind::Bool | FieldKind::Choice
        );
        if declared.param && !is_scalar {
            self.reject(
                path,
                "is a param, and must be a text, a number, a bool or an enum without data",
            );
        }
        if !declared.server_only {
            self.reject_undrawable(&kind, &schema, declared, path);
        }
        let widget = declared
            .widget
            .unwrap_or_else(|| default_widget(&kind, &schema, format, choices.len()));
        if !widget_fits(widget, &kind) {
            let reason = format!(
                "cannot have the widget `{}`, which does not fit its type",
                widget.as_str()
            );
            self.reject(path, &reason);
        }
        let rust_name = match declared.rust_name {
            "" => name,
            rust_name => rust_name,
        };
        let help = match declared.rust_name {
            "" => schema.text("description"),
            _ => declared.help,
        };
        Field {
            rust_name: rust_name.to_owned(),
            name: name.to_owned(),
            label: declared
                .label
                .map_or_else(|| label_from_name(rust_name), str::to_owned),
            help: help.unwrap_or_default().to_owned(),
            required: is_required && !schema.nullable && !declared.default,
            nullable: schema.nullable,
            may_be_blank: declared.blank,
            widget,
            kind,
            choices,
            format,
            bounds: self.bounds(&schema),
            declared,
        }
    }

    fn bounds(&self, schema: &ResolvedSchema) -> Bounds {
        let number = |keyword: &str| schema.keywords.get(keyword).cloned();
        // schemars writes `minimum` and `maximum` only for integers of 8 and 16 bits.
        let (type_min, type_max) = match schema.text("format") {
            Some("int32") => (Some(i32::MIN.into()), Some(i32::MAX.into())),
            Some("uint32") => (None, Some(u32::MAX.into())),
            Some("int64" | "int") => (Some(i64::MIN.into()), Some(i64::MAX.into())),
            Some("uint64" | "uint") => (None, Some(u64::MAX.into())),
            _ => (None, None),
        };
        let json_type = match schema.keywords.get("items") {
            Some(items) => resolve(items, &self.definitions)
                .text("type")
                .map(str::to_owned),
            None => schema.text("type").map(str::to_owned),
        };
        Bounds {
            min: number("minimum")
                .or_else(|| number("exclusiveMinimum"))
                .or(type_min),
            max: number("maximum")
                .or_else(|| number("exclusiveMaximum"))
                .or(type_max),
            min_length: number("minLength"),
            max_length: number("maxLength"),
            format: schema.text("format").map(str::to_owned),
            json_type,
        }
    }

    /// Records the types of the field at the end of `path`. Rejects a field whose type contains
    /// itself.
    fn enter_types(&self, types: &[String], path: &mut [Step]) {
        let is_open = |name: &String| path.iter().any(|step| step.types.contains(name));
        if types.iter().any(is_open) {
            self.reject(
                path,
                "contains its own type recursively: remove it from the form",
            );
        }
        if let Some(step) = path.last_mut() {
            step.types = types.to_vec();
        }
    }

    fn kind(
        &self,
        schema: &ResolvedSchema,
        choices: &[Choice],
        format: Option<TextFormat>,
        declared: &'static FieldAttributes,
        path: &mut Vec<Step>,
    ) -> FieldKind {
        let has_choices = !choices.is_empty() || declared.dynamic_choices.is_some();
        let attributes = declared.nested.map_or(&[][..], |nested| nested());
        match schema.text("type") {
            Some("array") => self.list(schema, has_choices, declared, path),
            _ if has_choices => FieldKind::Choice,
            Some("string") if schema.text("format") == Some("binary") => FieldKind::File,
            Some("string") => FieldKind::Text,
            Some("integer") => FieldKind::Number { is_integer: true },
            Some("number") => FieldKind::Number { is_integer: false },
            Some("boolean") => FieldKind::Bool,
            Some("object") if schema.keywords.contains_key("properties") => {
                FieldKind::Group(self.group(schema, attributes, path))
            }
            _ if format == Some(TextFormat::Decimal) => FieldKind::Text,
            _ => FieldKind::Any,
        }
    }

    fn list(
        &self,
        schema: &ResolvedSchema,
        has_choices: bool,
        declared: &'static FieldAttributes,
        path: &mut Vec<Step>,
    ) -> FieldKind {
        if has_choices {
            return FieldKind::Choices;
        }
        let Some(items) = schema.keywords.get("items") else {
            return FieldKind::Any;
        };
        let bound = |keyword: &str| {
            let number = schema.keywords.get(keyword).and_then(Value::as_u64);
            number.and_then(|number| usize::try_from(number).ok())
        };
        path.push(Step::new("*"));
        let item = resolve(items, &self.definitions);
        let row = if item.keywords.contains_key("properties") {
            self.enter_types(&item.definitions, path);
            let attributes = declared.nested.map_or(&[][..], |nested| nested());
            Row::Group(self.group(&item, attributes, path))
        } else {
            Row::Item(Box::new(self.field("", items, true, None, path)))
        };
        path.pop();
        FieldKind::List {
            min: bound("minItems").unwrap_or(0),
            max: bound("maxItems").unwrap_or(DEFAULT_MAX_ROWS),
            row,
        }
    }

    /// Returns the static choices of a field: the choices of the attribute, or the variants of an
    /// enum. For a list, these are the choices of its items.
    fn choices(
        &self,
        schema: &ResolvedSchema,
        declared: &FieldAttributes,
        path: &[Step],
    ) -> Vec<Choice> {
        let items = schema.keywords.get("items");
        let items = items.map(|items| resolve(items, &self.definitions));
        let keywords = items
            .as_ref()
            .map_or(&schema.keywords, |items| &items.keywords);
        if !declared.static_choices.is_empty() {
            let json_type = keywords.get("type").and_then(Value::as_str);
            let choices = declared.static_choices.iter();
            return choices
                .map(|(text, label)| match static_choice(text, json_type) {
                    Some(value) => Choice::new(value, *label),
                    None => {
                        let expected = json_type.unwrap_or_default();
                        let reason = format!(
                            "has the choice \"{text}\", which is not of the type `{expected}`"
                        );
                        self.reject(path, &reason)
                    }
                })
                .collect();
        }
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

    /// Rejects a field that no form control can hold.
    fn reject_undrawable(
        &self,
        kind: &FieldKind,
        schema: &ResolvedSchema,
        declared: &FieldAttributes,
        path: &[Step],
    ) {
        if schema.text("contentEncoding") == Some("base64") {
            self.reject(
                path,
                "has bytes, which no form control can hold: use an `Upload`, or take the value from \
                 `initial` with `#[field(server_only)]`",
            );
        }
        match (kind, declared.widget) {
            (FieldKind::Any, _) if !self.accepts_text(schema) => self.reject(
                path,
                "has a type that no form control can hold, such as a map, a tuple or an enum with \
                 data: use a struct with `#[validate(nested)]`, a list or a type with a text form, \
                 or take the value from `initial` with `#[field(server_only)]`",
            ),
            (FieldKind::Bool, Some(Widget::Select | Widget::Radio)) => self.reject(
                path,
                "has no choices to select from: add `#[field(choices(\"true\" = \"Yes\", \"false\" = \
                 \"No\"))]`",
            ),
            (
                FieldKind::List {
                    row: Row::Item(item),
                    ..
                },
                _,
            ) if matches!(item.kind, FieldKind::List { .. }) => self.reject(
                path,
                "is a list of lists: move the inner list into a struct with `#[derive(Form)]`, and \
                 add `#[validate(nested)]`",
            ),
            _ => {}
        }
    }

    /// Returns true if any text can be a value of the schema, as opposed to certain texts.
    fn accepts_text(&self, schema: &ResolvedSchema) -> bool {
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(schemas)) = schema.keywords.get(keyword) {
                let mut schemas = schemas.iter();
                return schemas
                    .any(|schema| self.accepts_text(&resolve(schema, &self.definitions)));
            }
        }
        if ["const", "enum"]
            .iter()
            .any(|keyword| schema.keywords.contains_key(*keyword))
        {
            return false;
        }
        match schema.keywords.get("type") {
            Some(Value::Array(types)) => types.iter().any(|kind| kind == "string"),
            Some(kind) => kind == "string",
            None => true,
        }
    }

    fn reject(&self, path: &[Step], reason: &str) -> ! {
        let names: Vec<_> = path.iter().map(|step| &*step.name).collect();
        panic!(
            "the field `{}` of the form `{}` {reason}",
            names.join("."),
            self.form
        )
    }
}

/// Limits the schema of an integer of 64 or more bits to the integers of a JavaScript number.
pub(crate) fn limit_to_number(keywords: &mut Map<String, Value>) {
    let is_unsigned = match keywords.shift_remove("format") {
        Some(Value::String(format)) => format.starts_with("uint"),
        _ => false,
    };
    let least = if is_unsigned { 0 } else { -MAX_SAFE_INTEGER };
    let bound = |keywords: &Map<String, Value>, keyword: &str| {
        keywords.get(keyword).and_then(Value::as_f64)
    };
    #[expect(clippy::cast_precision_loss, reason = "both numbers are exact")]
    let (min, max) = (least as f64, MAX_SAFE_INTEGER as f64);
    if bound(keywords, "minimum").is_none_or(|number| number < min) {
        keywords.insert("minimum".to_owned(), least.into());
    }
    if bound(keywords, "maximum").is_none_or(|number| number > max) {
        keywords.insert("maximum".to_owned(), MAX_SAFE_INTEGER.into());
    }
}

/// Converts the text of `#[field(choices(..))]` to a value of the field's type.
fn static_choice(text: &str, json_type: Option<&str>) -> Option<Value> {
    match json_type {
        Some("integer" | "number") => parse_number(text),
        Some("boolean") => text.parse().ok().map(Value::Bool),
        _ => Some(Value::from(text)),
    }
}

/// Sorts the variants of an enum in the order of their declaration.
fn sort_by_declaration(choices: &mut [Choice], declared: &FieldAttributes) {
    let variants = declared.variants.map_or(&[][..], |variants| variants());
    choices.sort_by_key(|choice| {
        let name = choice.value.as_str();
        let position = variants.iter().position(|variant| Some(*variant) == name);
        position.unwrap_or(variants.len())
    });
}

fn choice(value: &Value, description: Option<&Value>) -> Choice {
    let description = description.and_then(Value::as_str);
    let label = match (description.and_then(|text| text.lines().next()), value) {
        (Some(line), _) => line.trim_end_matches('.').to_owned(),
        (None, Value::String(name)) => label_from_name(name),
        (None, other) => other.to_string(),
    };
    Choice::new(value.clone(), label)
}

fn format(schema: &ResolvedSchema, widget: Option<Widget>) -> Option<TextFormat> {
    let is_text = schema.text("type") == Some("string");
    match (schema.text("format"), widget) {
        (Some("date"), _) => Some(TextFormat::Date),
        (Some("partial-time"), _) => Some(TextFormat::Time),
        (Some("partial-date-time"), _) => Some(TextFormat::Datetime),
        (Some("date-time"), _) => Some(TextFormat::Instant),
        (Some("color"), _) => Some(TextFormat::Color),
        (_, Some(Widget::Date)) if is_text => Some(TextFormat::Date),
        (_, Some(Widget::Time)) if is_text => Some(TextFormat::Time),
        (_, Some(Widget::DatetimeLocal)) if is_text => Some(TextFormat::Datetime),
        (_, Some(Widget::Color)) if is_text => Some(TextFormat::Color),
        (_, Some(Widget::Decimal)) if is_text => Some(TextFormat::Decimal),
        // The schema of `rust_decimal::Decimal`: a string or a number.
        _ if schema.keywords.get("type").is_some_and(is_text_or_number) => {
            Some(TextFormat::Decimal)
        }
        _ => None,
    }
}

fn widget_fits(widget: Widget, kind: &FieldKind) -> bool {
    match widget {
        Widget::Checkbox => matches!(kind, FieldKind::Bool),
        Widget::File | Widget::Image => matches!(kind, FieldKind::File),
        Widget::List => matches!(kind, FieldKind::List { .. }),
        Widget::MultiSelect | Widget::Checkboxes => matches!(kind, FieldKind::Choices),
        Widget::Select | Widget::Radio => matches!(kind, FieldKind::Choice),
        Widget::Number | Widget::Range => matches!(kind, FieldKind::Number { .. }),
        Widget::Group => matches!(kind, FieldKind::Group(_)),
        Widget::Hidden => !matches!(
            kind,
            FieldKind::Group(_) | FieldKind::List { .. } | FieldKind::File | FieldKind::Choices
        ),
        _ => matches!(
            kind,
            FieldKind::Text | FieldKind::Number { .. } | FieldKind::Any
        ),
    }
}

fn is_text_or_number(types: &Value) -> bool {
    types.as_array().is_some_and(|types| {
        types.len() == 2
            && types.iter().any(|kind| kind == "string")
            && types.iter().any(|kind| kind == "number")
    })
}

/// Returns the widget of a field without `#[field(widget = ..)]`.
fn default_widget(
    kind: &FieldKind,
    schema: &ResolvedSchema,
    format: Option<TextFormat>,
    choices: usize,
) -> Widget {
    let is = |name: &str| schema.text("format") == Some(name);
    match kind {
        FieldKind::Number { .. } => Widget::Number,
        FieldKind::Bool => Widget::Checkbox,
        FieldKind::File => Widget::File,
        FieldKind::Choice => Widget::Select,
        FieldKind::Choices if choices > 0 => Widget::Checkboxes,
        FieldKind::Choices => Widget::MultiSelect,
        FieldKind::Group(_) => Widget::Group,
        FieldKind::List { .. } => Widget::List,
        FieldKind::Any => Widget::Text,
        FieldKind::Text => match format {
            Some(TextFormat::Date) => Widget::Date,
            Some(TextFormat::Time) => Widget::Time,
            Some(TextFormat::Datetime | TextFormat::Instant) => Widget::DatetimeLocal,
            Some(TextFormat::Color) => Widget::Color,
            Some(TextFormat::Decimal) => Widget::Decimal,
            None if is("email") => Widget::Email,
            None if is("uri") => Widget::Url,
            None => Widget::Text,
        },
    }
}

/// Converts a name to a label: `first_name` and `firstName` to `First name`.
fn label_from_name(name: &str) -> String {
    let mut label = String::new();
    let mut after_lowercase = false;
    for c in name.chars() {
        if matches!(c, '_' | '-' | '.') {
            label.push(' ');
        } else if c.is_uppercase() && after_lowercase {
            label.push(' ');
            label.extend(c.to_lowercase());
        } else if label.is_empty() {
            label.extend(c.to_uppercase());
        } else {
            label.push(c);
        }
        after_lowercase = c.is_lowercase();
    }
    label
}
