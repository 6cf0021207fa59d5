use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Path;
use syn::spanned::Spanned;

/// A place in the user's code for what a macro wrote: errors point there, and lints that judge
/// people's code leave it alone.
#[must_use]
pub fn of_macro(place: Span) -> Span {
    place.resolved_at(Span::call_site())
}

/// The place of `name`, as a `mizan_core::Source`.
#[must_use]
pub fn source(name: &Ident) -> TokenStream {
    quote_spanned! {name.span()=>
        ::mizan_core::function::Source::new(::std::file!(), ::std::line!())
    }
}

/// A closure that calls `async fn path(cx: &Cx) -> T`, and boxes the future.
#[must_use]
pub fn boxed_call(path: &Path) -> TokenStream {
    // Not a name that the function may have too.
    let context = Ident::new("cx", Span::mixed_site());
    quote_spanned! {of_macro(path.span())=>
        |#context| ::std::boxed::Box::pin(#path(#context))
    }
}
