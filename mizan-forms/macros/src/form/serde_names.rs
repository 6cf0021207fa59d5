//! The names that serde gives to fields, and what else of its attributes matters to a form.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Ident, LitStr, Path, Result, Token, parenthesized};

/// What serde's attributes on a struct or a field say of decoding it.
#[derive(Default)]
pub(crate) struct Serde {
    pub(crate) rename: Option<String>,
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) default: bool,
    pub(crate) skip: bool,
    pub(crate) flatten: Option<Path>,
    /// The function that decodes the field in place of its type.
    pub(crate) decode: Option<Path>,
}

impl Serde {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut serde = Self::default();
        for attribute in attributes {
            if attribute.path().is_ident("serde") {
                attribute.parse_nested_meta(|meta| serde.option(&meta))?;
            }
        }
        Ok(serde)
    }

    fn option(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
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
            self.decode = Some(path.parse()?);
        } else if meta.path.is_ident("with") {
            let module: LitStr = meta.value()?.parse()?;
            let mut path: Path = module.parse()?;
            path.segments
                .push(Ident::new("deserialize", module.span()).into());
            self.decode = Some(path);
        } else {
            skip_value(meta)?;
        }
        Ok(())
    }
}

/// The value of `rename = ".."`, or that of `rename(deserialize = "..")`.
fn name(meta: &ParseNestedMeta<'_>) -> Result<Option<LitStr>> {
    if meta.input.peek(Token![=]) {
        return meta.value()?.parse().map(Some);
    }
    let mut found = None;
    meta.parse_nested_meta(|side| {
        let name: LitStr = side.value()?.parse()?;
        if side.path.is_ident("deserialize") {
            found = Some(name);
        }
        Ok(())
    })?;
    Ok(found)
}

fn skip_value(meta: &ParseNestedMeta<'_>) -> Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        let inner;
        parenthesized!(inner in meta.input);
        inner.parse::<proc_macro2::TokenStream>()?;
    }
    Ok(())
}

/// The field's name after `rename_all`, by serde's own rules.
pub(crate) fn renamed(name: &str, rule: &LitStr) -> Result<String> {
    Ok(match rule.value().as_str() {
        "lowercase" | "snake_case" => name.to_owned(),
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => name.to_ascii_uppercase(),
        "PascalCase" => pascal(name),
        "camelCase" => {
            let pascal = pascal(name);
            pascal[..1].to_ascii_lowercase() + &pascal[1..]
        }
        "kebab-case" => name.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => name.to_ascii_uppercase().replace('_', "-"),
        other => {
            return Err(syn::Error::new(
                rule.span(),
                format!("serde has no rule `{other}` for the names of fields"),
            ));
        }
    })
}

fn pascal(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}
