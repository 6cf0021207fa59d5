//! Policies, as `auth = ..` and `policy!(..)` have them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::ParseStream;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{LitBool, LitStr, Path, Result};

use crate::client::of_macro;

pub(crate) enum Policy {
    SignedIn,
    Staff,
    Superuser,
    Permission(LitStr),
    Custom(Path),
}

impl Policy {
    /// The policy in words, as a path, or as `true`; none for `false`.
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<Option<Self>> {
        if input.peek(LitBool) {
            let signed_in: LitBool = input.parse()?;
            return Ok(signed_in.value.then_some(Self::SignedIn));
        }
        if !input.peek(LitStr) {
            return Ok(Some(Self::Custom(input.parse()?)));
        }
        let name: LitStr = input.parse()?;
        Ok(Some(match name.value().as_str() {
            "staff" => Self::Staff,
            "superuser" => Self::Superuser,
            permission if permission.contains(['.', ':']) => Self::Permission(name),
            other => {
                return Err(syn::Error::new(
                    name.span(),
                    format!(
                        "`{other}` is no policy: use \"staff\", \"superuser\", a permission with a \
                         `.` or `:` in its name such as \"posts.rename\", or, without quotes, the \
                         path to an `async fn(&Cx) -> Decision`"
                    ),
                ));
            }
        }))
    }

    /// The value of the type `mizan_core::Policy`.
    pub(crate) fn expand(&self) -> TokenStream {
        let policy = quote!(::mizan_core::Policy);
        match self {
            Self::SignedIn => quote!(#policy::SignedIn),
            Self::Staff => quote!(#policy::Staff),
            Self::Superuser => quote!(#policy::Superuser),
            Self::Permission(name) => quote!(#policy::Permission(#name)),
            Self::Custom(path) => {
                let name = path.segments.last().map(|last| last.ident.to_string());
                // Not a name that the check may have too.
                let context = Ident::new("cx", Span::mixed_site());
                let check = quote_spanned! {of_macro(path.span())=>
                    |#context| ::std::boxed::Box::pin(#path(#context))
                };
                quote!(#policy::Custom { name: #name, check: #check })
            }
        }
    }
}

/// The expansion of `policy!(..)`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let parse = |input: ParseStream<'_>| {
        if input.is_empty() {
            return Ok(Some(Policy::SignedIn));
        }
        Policy::parse(input)
    };
    match parse.parse2(input) {
        Ok(Some(policy)) => policy.expand(),
        Ok(None) => quote!(::mizan_core::Policy::Anyone),
        Err(error) => error.to_compile_error(),
    }
}
