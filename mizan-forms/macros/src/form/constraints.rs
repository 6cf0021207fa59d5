//! Parsing of `#[validate(..)]`.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, ExprLit, Lit, Result, Token};

/// The properties of a field's constraints that the form uses.
#[derive(Default)]
pub(crate) struct Constraints {
    /// The field is a group of fields, or a list of groups.
    pub(crate) nested: bool,
    /// The custom messages by the name of the constraint.
    pub(crate) messages: Vec<(String, String)>,
}

impl Constraints {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
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
                if let Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) = value
                    && option.path.is_ident("message")
                {
                    self.messages.push((name.clone(), text.value()));
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}
