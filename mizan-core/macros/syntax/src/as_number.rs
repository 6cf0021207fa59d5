//! Parsing of `#[client(as_number)]`.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Result};

/// Returns the position of `#[client(as_number)]` among the attributes of a field or an argument.
///
/// # Errors
///
/// Returns an error if `#[client(..)]` has another option.
pub fn as_number<'a>(attributes: impl IntoIterator<Item = &'a Attribute>) -> Result<Option<Span>> {
    let mut found = None;
    for attribute in attributes {
        if !attribute.path().is_ident("client") {
            continue;
        }
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("as_number") {
                return Err(meta.error("the only option here is `as_number`"));
            }
            found = Some(meta.path.span());
            Ok(())
        })?;
    }
    Ok(found)
}
