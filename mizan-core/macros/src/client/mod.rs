//! `#[client]`: turns an async function into a `ServerFunction`.

mod cache;
mod expand;
mod parse;
mod stream;

use proc_macro2::TokenStream;
use syn::ItemFn;

/// Expands the attribute, or returns the errors with the unchanged function, so that its callers still
/// compile.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let mut tokens = syn::Error::new(
                error.span(),
                "`#[client]` belongs on an async function: `async fn name(cx: &Cx, ..) -> Result<T, E>`",
            )
            .to_compile_error();
            tokens.extend(item);
            return tokens;
        }
    };
    let arguments = parse::take_arguments(&mut function);
    let parsed = syn::parse2(options)
        .and_then(|options| parse::ClientFunction::parse(options, &function.sig, arguments));
    match parsed {
        Ok(parsed) => expand::expand(&function, &parsed),
        Err(error) => {
            let mut tokens = error.to_compile_error();
            tokens.extend(quote::quote!(#[allow(unused)] #function));
            tokens
        }
    }
}
