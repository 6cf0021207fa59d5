//! Parsing of the `#[serde(..)]` attributes that determine how a field is decoded.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Ident, LitStr, Path, Result, Token, parenthesized};

/// The serde attributes of a struct or a field.
#[derive(Default)]
pub struct SerdeAttributes {
    /// The name that clients send.
    pub rename: Option<String>,
    /// The rule for the names of all fields of a struct.
    pub rename_all: Option<LitStr>,
    /// An absent field has a default.
    pub default: bool,
    /// The field is not decoded.
    pub skip: bool,
    /// The option `flatten`, if the field has it.
    pub flatten: Option<Path>,
    /// The function of `deserialize_with` or `with`.
    pub deserialize_with: Option<Path>,
}

impl SerdeAttributes {
    /// Parses the attributes of a struct or a field.
    ///
    /// # Errors
    ///
    /// Returns an error if `#[serde(..)]` is malformed.
    pub fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut serde = Self::default();
        for attribute in attributes {
            if attribute.path().is_ident("serde") {
                attribute.parse_nested_meta(|meta| serde.parse_option(&meta))?;
            }
        }
        Ok(serde)
    }

    fn parse_option(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("rename") {
            self.rename = name(meta)?.map(|name| name.value());
        } else if meta.path.is_ident("rename_all") {
            self.rename_all = name(meta)?;
        } else if meta.path.is_ident("default") {
            self.default = true;
            skip_value(meta)?;
        } else if meta.path.is_ident("skip") || meta.path.is_ident("skip_deserializing") {
            self.skip = true;
        } else if meta.path.is_ident("flatten") {
            self.flatten = Some(meta.path.clone());
        } else if meta.path.is_ident("deserialize_with") {
            let path: LitStr = meta.value()?.parse()?;
            self.deserialize_with = Some(path.parse()?);
        } else if meta.path.is_ident("with") {
            let module: LitStr = meta.value()?.parse()?;
            let mut path: Path = module.parse()?;
            path.segments
                .push(Ident::new("deserialize", module.span()).into());
            self.deserialize_with = Some(path);
        } else {
            skip_value(meta)?;
        }
        Ok(())
    }
}

/// Parses `rename = ".."` or `rename(deserialize = "..")`.
fn name(meta: &ParseNestedMeta<'_>) -> Result<Option<LitStr>> {
    if meta.input.peek(Token![=]) {
        return meta.value()?.parse().map(Some);
    }
    let mut renamed = None;
    meta.parse_nested_meta(|side| {
        let name: LitStr = side.value()?.parse()?;
        if side.path.is_ident("deserialize") {
            renamed = Some(name);
        }
        Ok(())
    })?;
    Ok(renamed)
}

fn skip_value(meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        let arguments;
        parenthesized!(arguments in meta.input);
        arguments.parse::<proc_macro2::TokenStream>()?;
    }
    Ok(())
}

impl SerdeAttributes {
    /// Returns the name on the wire of a field with these attributes, which is called `name` in Rust.
    ///
    /// # Errors
    ///
    /// Returns an error if the rule of the struct is unknown.
    pub fn wire_name(&self, name: &str, container: &Self) -> Result<String> {
        match (&self.rename, &container.rename_all) {
            (Some(renamed), _) => Ok(renamed.clone()),
            (None, Some(rule)) => apply_rename_rule(name, rule),
            (None, None) => Ok(name.to_owned()),
        }
    }
}

/// Applies a `rename_all` rule to the name of a field, as serde does.
fn apply_rename_rule(name: &str, rule: &LitStr) -> Result<String> {
    Ok(match rule.value().as_str() {
        "lowercase" | "snake_case" => name.to_owned(),
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => name.to_ascii_uppercase(),
        "PascalCase" => to_pascal_case(name),
        "camelCase" => {
            let pascal = to_pascal_case(name);
            pascal[..1].to_ascii_lowercase() + &pascal[1..]
        }
        "kebab-case" => name.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => name.to_ascii_uppercase().replace('_', "-"),
        other => {
            return Err(syn::Error::new(
                rule.span(),
                format!("unknown rename rule `{other}`"),
            ));
        }
    })
}

fn to_pascal_case(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}
