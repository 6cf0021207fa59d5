//! Parts of the output of macros.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Path;
use syn::spanned::Spanned;

/// Returns a span for generated code that corresponds to `span` in the user's code.
///
/// Errors point to the user's code, but lints treat the code as generated.
#[must_use]
pub fn call_site_at(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

/// Returns an expression for the source location of `name`: a `mizan_core::function::Source`.
#[must_use]
pub fn source(name: &Ident) -> TokenStream {
    quote_spanned! {name.span()=>
        ::mizan_core::function::Source::new(::std::file!(), ::std::line!())
    }
}

/// Returns a closure that calls `async fn path(cx: &Cx) -> T` and boxes its future.
#[must_use]
pub fn boxed_call(path: &Path) -> TokenStream {
    // A hygienic name cannot collide with a name in `path`.
    let context = Ident::new("cx", Span::mixed_site());
    quote_spanned! {call_site_at(path.span())=>
        |#context| ::std::boxed::Box::pin(#path(#context))
    }
}
