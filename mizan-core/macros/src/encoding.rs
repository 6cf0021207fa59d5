//! The encoding of arguments and of the data of errors: `#[client(as_number)]` and patches.

use mizan_macros_syntax::as_number;
use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, GenericArgument, LitStr, PathArguments, Result, Type};

/// Removes `#[client(as_number)]`, and returns its position.
pub(crate) fn take_as_number(attributes: &mut Vec<Attribute>) -> Result<Option<Span>> {
    let removed: Vec<_> = attributes
        .extract_if(.., |attribute| attribute.path().is_ident("client"))
        .collect();
    as_number(&removed)
}

/// Returns the value of `#[serde(with = ..)]` for a value of the type `ty`, if it needs one.
pub(crate) fn with(ty: &Type, as_number: bool) -> Option<LitStr> {
    let text = ty.to_token_stream();
    let is_patch = option_item(ty).is_some_and(is_option);
    let with = match (is_patch, as_number) {
        (true, true) => format!("Patch::<{text}, ::mizan_core::wire::format::Number>"),
        (true, false) => format!("Patch::<{text}>"),
        (false, true) => format!("AsNumber::<{text}>"),
        (false, false) => return None,
    };
    Some(LitStr::new(
        &format!("::mizan_core::wire::{with}"),
        ty.span(),
    ))
}

/// Returns `true` for `Option<T>`, with any path.
pub(crate) fn is_option(ty: &Type) -> bool {
    option_item(ty).is_some()
}

/// Returns the type `T` of an `Option<T>`.
fn option_item(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == "Option")?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(item) => Some(item),
            _ => None,
        },
        _ => None,
    }
}

/// Returns `true` if a `#[serde(..)]` among the attributes has one of the options.
pub(crate) fn serde_has_any(attributes: &[Attribute], options: &[&str]) -> bool {
    let serde = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"));
    serde
        .filter_map(|attribute| attribute.meta.require_list().ok())
        .any(|list| {
            list.tokens
                .clone()
                .into_iter()
                .any(|token| options.contains(&token.to_string().as_str()))
        })
}
