//! The expansion of `#[derive(Form)]`.

mod custom;
mod expand;
mod field;
mod options;

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, Fields};

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    parse(item)
        .and_then(|(input, fields)| expand::expand(&input, &fields))
        .unwrap_or_else(|error| error.to_compile_error())
}

fn parse(item: TokenStream) -> syn::Result<(DeriveInput, Vec<syn::Field>)> {
    let input: DeriveInput = syn::parse2(item)?;
    if !input.generics.params.is_empty() {
        return Err(syn::Error::new_spanned(
            &input.generics,
            "a form cannot have generic parameters: use concrete types",
        ));
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                let fields = fields.named.iter().cloned().collect();
                Ok((input, fields))
            }
            _ => Err(syn::Error::new_spanned(
                &input.ident,
                "a form requires named fields, such as `struct Contact { email: String }`",
            )),
        },
        _ => Err(syn::Error::new_spanned(
            &input.ident,
            "a form must be a struct with named fields; an enum can be the type of a field",
        )),
    }
}
