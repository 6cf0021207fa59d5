//! Parsing of `#[field(..)]`.

use mizan_macros_syntax::{options, value};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{Attribute, Expr, Ident, Lit, LitInt, LitStr, Path, Result, Token, parenthesized};

const OPTIONS: &str = "the options are `label`, `help`, `widget`, `placeholder`, `initial`, \
                       `choices`, `order`, `autocomplete`, `param`, `server_only`, `disabled`, \
                       `blank`, `rows`, `step`, `accept` and `max_bytes`";

const HIDDEN: &str = "write `widget = \"hidden\"` for an `<input type=\"hidden\">`, whose value the \
                      client sends, or `server_only` for a value from `initial` that the client \
                      neither sees nor sends";

/// The widgets that an option can select. The widget `group` follows from the type.
const WIDGETS: [&str; 23] = [
    "text",
    "email",
    "password",
    "url",
    "tel",
    "search",
    "number",
    "range",
    "decimal",
    "checkbox",
    "date",
    "time",
    "datetime-local",
    "select",
    "radio",
    "multi-select",
    "checkboxes",
    "textarea",
    "color",
    "file",
    "image",
    "hidden",
    "list",
];

/// The options of `#[field(..)]`.
#[derive(Default)]
pub(crate) struct FieldOptions {
    pub(crate) label: Option<LitStr>,
    pub(crate) help: Option<LitStr>,
    pub(crate) widget: Option<LitStr>,
    pub(crate) placeholder: Option<LitStr>,
    pub(crate) autocomplete: Option<LitStr>,
    pub(crate) initial: Option<Expr>,
    pub(crate) choices: Option<Choices>,
    pub(crate) order: Option<Expr>,
    pub(crate) param: Option<Ident>,
    pub(crate) server_only: bool,
    pub(crate) disabled: bool,
    pub(crate) blank: bool,
    pub(crate) rows: Option<LitInt>,
    pub(crate) step: Option<f64>,
    pub(crate) accept: Vec<String>,
    pub(crate) max_bytes: Option<LitInt>,
}

/// The value of the option `choices`.
pub(crate) enum Choices {
    /// Values with their labels.
    Static(Vec<(LitStr, LitStr)>),
    /// The path of a function.
    Dynamic(Path),
}

impl FieldOptions {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut options = Self::default();
        let mut seen = Vec::new();
        for attribute in attributes {
            if attribute.path().is_ident("field") {
                attribute.parse_args_with(|input: ParseStream<'_>| {
                    options.parse_list(input, &mut seen)
                })?;
            }
        }
        if let Some(param) = &options.param
            && (options.server_only || options.disabled || options.widget.is_some())
        {
            return Err(syn::Error::new(
                param.span(),
                "a `param` comes from the page of the form, so it has no widget and is neither \
                 `server_only` nor `disabled`",
            ));
        }
        if options.server_only && options.disabled {
            return Err(syn::Error::new(
                seen[0].span(),
                "`server_only` and `disabled` are mutually exclusive: a server-only field is not \
                 displayed at all",
            ));
        }
        Ok(options)
    }

    fn parse_list(&mut self, input: ParseStream<'_>, seen: &mut Vec<Ident>) -> Result<()> {
        options(input, OPTIONS, seen, |option| {
            match option.to_string().as_str() {
                "label" => self.label = Some(value(input, option, "label = \"Your name\"")?),
                "help" => self.help = Some(value(input, option, "help = \"As on your card\"")?),
                "placeholder" => {
                    self.placeholder = Some(value(input, option, "placeholder = \"Ada\"")?);
                }
                "autocomplete" => {
                    self.autocomplete = Some(value(input, option, "autocomplete = \"email\"")?);
                }
                "widget" => self.widget = Some(widget(input, option)?),
                "initial" => self.initial = Some(value(input, option, "initial = 1")?),
                "choices" => self.choices = Some(choices(input, option)?),
                "order" => self.order = Some(value(input, option, "order = 1")?),
                "param" => self.param = Some(option.clone()),
                "server_only" => self.server_only = true,
                "hidden" => return Err(syn::Error::new(option.span(), HIDDEN)),
                "disabled" => self.disabled = true,
                "blank" => self.blank = true,
                "rows" => self.rows = Some(value(input, option, "rows = 5")?),
                "step" => self.step = Some(step(input, option)?),
                "accept" => self.accept = accept(input, option)?,
                "max_bytes" => {
                    self.max_bytes = Some(value(input, option, "max_bytes = 2_000_000")?);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })
    }
}

fn step(input: ParseStream<'_>, option: &Ident) -> Result<f64> {
    const EXAMPLE: &str = "step = 0.5";
    match value(input, option, EXAMPLE)? {
        Lit::Int(step) => step.base10_parse(),
        Lit::Float(step) => step.base10_parse(),
        other => Err(syn::Error::new(other.span(), format!("write `{EXAMPLE}`"))),
    }
}

fn widget(input: ParseStream<'_>, option: &Ident) -> Result<LitStr> {
    let name: LitStr = value(input, option, "widget = \"textarea\"")?;
    if WIDGETS.contains(&name.value().as_str()) {
        return Ok(name);
    }
    Err(syn::Error::new(
        name.span(),
        format!(
            "unknown widget `{}`; the widgets are {}",
            name.value(),
            WIDGETS.map(|widget| format!("`{widget}`")).join(", ")
        ),
    ))
}

fn choices(input: ParseStream<'_>, option: &Ident) -> Result<Choices> {
    const EXAMPLE: &str = "write `choices(\"de\" = \"Germany\", \"at\" = \"Austria\")`, or \
                           `choices = path` with an `async fn path(cx: &Cx) -> \
                           Result<Vec<Choice>, Error>`";
    let usage_error = |span| syn::Error::new(span, EXAMPLE);
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        let path: Path = input
            .parse()
            .map_err(|error: syn::Error| usage_error(error.span()))?;
        return Ok(Choices::Dynamic(path));
    }
    if !input.peek(Paren) {
        return Err(usage_error(option.span()));
    }
    let list;
    parenthesized!(list in input);
    let pairs = Punctuated::<Pair, Token![,]>::parse_terminated(&list)
        .map_err(|error| usage_error(error.span()))?;
    Ok(Choices::Static(
        pairs.into_iter().map(|pair| (pair.0, pair.1)).collect(),
    ))
}

struct Pair(LitStr, LitStr);

impl Parse for Pair {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let value = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self(value, input.parse()?))
    }
}

fn accept(input: ParseStream<'_>, option: &Ident) -> Result<Vec<String>> {
    let list: LitStr = value(input, option, "accept = \"image/png, image/jpeg\"")?;
    let types = list.value();
    let types = types
        .split(',')
        .map(|content_type| content_type.trim().to_owned());
    types
        .map(|content_type| match content_type.split_once('/') {
            Some((a, b)) if !a.is_empty() && !b.is_empty() && a != "*" => Ok(content_type),
            _ => Err(syn::Error::new(
                list.span(),
                format!(
                    "`{content_type}` is not a content type: write \"image/png\" or \"image/*\"; file \
                     name extensions are not supported"
                ),
            )),
        })
        .collect()
}
