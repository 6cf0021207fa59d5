//! `#[constraints]`, which completes the schema of a struct with `#[validate(..)]`.

use mizan_macros_syntax::{Constraints, SerdeAttributes};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{DeriveInput, Field, Ident, Result, parse_quote};

/// Returns the struct with further attributes, or with an error.
pub(crate) fn expand(options: &TokenStream, item: TokenStream) -> TokenStream {
    let mut item: DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    match complete(options, &mut item) {
        Ok(()) => item.into_token_stream(),
        Err(error) => {
            let mut tokens = item.into_token_stream();
            tokens.extend(error.into_compile_error());
            tokens
        }
    }
}

fn complete(options: &TokenStream, item: &mut DeriveInput) -> Result<()> {
    if !options.is_empty() {
        return Err(syn::Error::new_spanned(
            options,
            "`#[constraints]` has no options",
        ));
    }
    let is_derived = |attribute: &syn::Attribute| attribute.path().is_ident("derive");
    if !item.attrs.iter().any(is_derived) {
        return Err(syn::Error::new_spanned(
            &item.ident,
            "write `#[constraints]` above `#[derive(JsonSchema, Validate)]`, which reads the \
             attributes that it adds",
        ));
    }
    let container = SerdeAttributes::parse(&item.attrs)?;
    let syn::Data::Struct(data) = &mut item.data else {
        return Err(syn::Error::new_spanned(
            &item.ident,
            "`#[constraints]` requires a struct, because only structs have `#[validate(..)]`",
        ));
    };
    let names: Vec<_> = data
        .fields
        .iter()
        .filter_map(|field| named(field, &container).transpose())
        .collect::<Result<_>>()?;
    for field in &mut data.fields {
        let constraints = Constraints::parse(&field.attrs)?;
        let attribute = constraints.schema_attribute(|other| {
            let named = names.iter().find(|(ident, _)| ident.unraw() == other);
            named.map_or(other, |(_, wire)| wire).to_owned()
        });
        field
            .attrs
            .extend(attribute.map(|tokens| -> syn::Attribute { parse_quote!(#tokens) }));
    }
    Ok(())
}

/// Returns the name of a field in Rust and on the wire.
fn named(field: &Field, container: &SerdeAttributes) -> Result<Option<(Ident, String)>> {
    let Some(ident) = &field.ident else {
        return Ok(None);
    };
    let serde = SerdeAttributes::parse(&field.attrs)?;
    let wire = serde.wire_name(&ident.unraw().to_string(), container)?;
    Ok(Some((ident.clone(), wire)))
}
