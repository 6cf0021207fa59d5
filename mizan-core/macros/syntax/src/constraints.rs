//! Parsing of `#[validate(..)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, ExprLit, Lit, Result, Token};

/// The properties of a field's constraints that its derived JSON Schema does not contain.
#[derive(Default)]
pub struct Constraints {
    /// The field is a struct with constraints, or contains such structs.
    pub nested: bool,
    /// The custom messages by the name of the constraint.
    pub messages: Vec<(String, String)>,
    /// The arguments of other constraints: the name of the constraint and of the argument.
    arguments: Vec<(String, String, Expr)>,
}

impl Constraints {
    /// Parses the attributes of a field.
    ///
    /// # Errors
    ///
    /// Returns an error if `#[validate(..)]` is malformed.
    pub fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut constraints = Self::default();
        for attribute in attributes {
            if attribute.path().is_ident("validate") {
                attribute.parse_nested_meta(|meta| constraints.parse_constraint(&meta))?;
            }
        }
        Ok(constraints)
    }

    fn parse_constraint(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let name = meta
            .path
            .get_ident()
            .map(ToString::to_string)
            .unwrap_or_default();
        self.nested |= name == "nested";
        if meta.input.peek(Token![=]) {
            meta.value()?.parse::<Expr>()?;
        } else if meta.input.peek(syn::token::Paren) {
            meta.parse_nested_meta(|option| {
                if !option.input.peek(Token![=]) {
                    return Ok(());
                }
                let value: Expr = option.value()?.parse()?;
                match string(&value) {
                    Some(text) if option.path.is_ident("message") => {
                        self.messages.push((name.clone(), text));
                    }
                    _ => {
                        let argument = option.path.to_token_stream().to_string();
                        self.arguments.push((name.clone(), argument, value));
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn argument(&self, constraint: &str, argument: &str) -> Option<&Expr> {
        self.arguments.iter().find_map(|(found, name, value)| {
            (found == constraint && name == argument).then_some(value)
        })
    }

    /// Returns the members of the keyword `x-checks` that stand for constraints: their names and
    /// expressions of their values. `wire_name` returns the name of another field on the wire.
    pub fn checks(&self, wire_name: impl Fn(&str) -> String) -> Vec<(&'static str, TokenStream)> {
        let contains = self.argument("contains", "pattern");
        let does_not_contain = self.argument("does_not_contain", "pattern");
        let must_match = self.argument("must_match", "other").map(|other| {
            let name = string(other).unwrap_or_else(|| other.to_token_stream().to_string());
            wire_name(name.trim_start_matches("r#"))
        });
        [
            ("contains", contains.map(ToTokens::to_token_stream)),
            (
                "doesNotContain",
                does_not_contain.map(ToTokens::to_token_stream),
            ),
            ("mustMatch", must_match.map(|name| quote!(#name))),
            ("range", self.partial_range()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// Returns the attribute that adds to the schema of a field what schemars does not derive from
    /// `#[validate(..)]`: messages, constraints without a keyword, and exclusive bounds.
    ///
    /// `wire_name` returns the name of another field on the wire.
    pub fn schema_attribute(&self, wire_name: impl Fn(&str) -> String) -> Option<TokenStream> {
        let mut checks = self.checks(wire_name);
        if !self.messages.is_empty() {
            let messages = self.messages.iter();
            let messages = messages.map(|(name, text)| quote!(#name: #text));
            checks.push(("messages", quote!({ #(#messages),* })));
        }
        let mut keywords = self.exclusive_bounds();
        if !checks.is_empty() {
            let checks = checks.iter().map(|(name, value)| quote!(#name: #value));
            keywords.push(("x-checks", quote!({ #(#checks),* })));
        }
        let keywords: Vec<_> = keywords
            .iter()
            .map(|(name, value)| quote!(#name = #value))
            .collect();
        (!keywords.is_empty()).then(|| quote!(#[schemars(extend(#(#keywords),*))]))
    }

    /// Returns the names of the bounds in `range(..)` if one side is unbounded, because the schema of an
    /// integer also has the bounds of its type.
    fn partial_range(&self) -> Option<TokenStream> {
        let names: Vec<_> = ["min", "exclusive_min", "max", "exclusive_max"]
            .into_iter()
            .filter(|name| self.argument("range", name).is_some())
            .collect();
        let has = |side: &str| names.iter().any(|name| name.ends_with(side));
        (!names.is_empty() && has("min") != has("max")).then(|| quote!([#(#names),*]))
    }

    /// Returns the keywords of the exclusive bounds in `range(..)`, with expressions of their values.
    pub fn exclusive_bounds(&self) -> Vec<(&'static str, TokenStream)> {
        [
            ("exclusiveMinimum", self.argument("range", "exclusive_min")),
            ("exclusiveMaximum", self.argument("range", "exclusive_max")),
        ]
        .into_iter()
        .filter_map(|(keyword, value)| Some((keyword, value?.to_token_stream())))
        .collect()
    }
}

fn string(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}
