//! `#[derive(ClientError)]`: implements `ClientError` for an enum.

mod expand;
mod parse;

use proc_macro2::TokenStream;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    syn::parse2(item)
        .and_then(|item| parse::ErrorEnum::parse(&item))
        .map_or_else(
            |error| error.to_compile_error(),
            |parsed| expand::expand(&parsed),
        )
}
