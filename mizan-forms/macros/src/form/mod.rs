//! `#[derive(Form)]`: a struct's fields become those of a form.

mod constraints;
mod expand;
mod field;
mod options;
mod serde_names;

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
            "a form has no generics, because a client names one form: write the types out",
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
                "a form has named fields: write `struct Contact { email: String }`",
            )),
        },
        _ => Err(syn::Error::new_spanned(
            &input.ident,
            "a form is a struct with named fields; an enum can be the type of one of them",
        )),
    }
}
