//! Policies in `auth = ..` and `policy!(..)`.

use mizan_macros_syntax::call_site_at;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::token::Paren;
use syn::{LitBool, LitStr, Path, Result, Token, parenthesized};

pub(crate) enum Policy {
    Anyone,
    SignedIn,
    Staff,
    Superuser,
    Permission(LitStr),
    RecentlyAuthenticated,
    Group(LitStr),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Custom(Path),
}

impl Policy {
    /// Parses a policy: a string, a path to a check, `true` (signed in) or `false` (anyone).
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(LitBool) {
            let signed_in: LitBool = input.parse()?;
            return Ok(if signed_in.value {
                Self::SignedIn
            } else {
                Self::Anyone
            });
        }
        if !input.peek(LitStr) {
            let path: Path = input.parse()?;
            if input.peek(Paren) {
                return Self::parse_call(&path, input);
            }
            return Ok(Self::Custom(path));
        }
        let name: LitStr = input.parse()?;
        Ok(match name.value().as_str() {
            "anyone" => Self::Anyone,
            "staff" => Self::Staff,
            "superuser" => Self::Superuser,
            "recent" => Self::RecentlyAuthenticated,
            permission if permission.contains(['.', ':']) => Self::Permission(name),
            other => {
                return Err(syn::Error::new(
                    name.span(),
                    format!(
                        "unknown policy `{other}`; use \"anyone\", \"staff\", \"superuser\", \"recent\", a \
                         permission with a `.` or `:` in its name such as \"posts.rename\", \
                         `group(\"editors\")`, or, without quotes, the path to an \
                         `async fn(&Cx) -> Decision`; combine them with `and(..)`, `or(..)`, `not(..)`"
                    ),
                ));
            }
        })
    }

    /// Parses the arguments of `and`, `or`, `not` or `group`.
    fn parse_call(path: &Path, input: ParseStream<'_>) -> Result<Self> {
        let inner;
        parenthesized!(inner in input);
        let name = path.get_ident().map(ToString::to_string);
        let policy = match name.as_deref() {
            Some("and") => Self::All(Self::parse_list(path, &inner)?),
            Some("or") => Self::Any(Self::parse_list(path, &inner)?),
            Some("not") => Self::Not(Box::new(Self::parse_operand(&inner)?)),
            Some("group") => Self::Group(inner.parse()?),
            _ => {
                return Err(syn::Error::new(
                    path.span(),
                    "expected `and(..)`, `or(..)`, `not(..)` or `group(\"editors\")`; write the path to a \
                     check without parentheses",
                ));
            }
        };
        if inner.is_empty() {
            return Ok(policy);
        }
        Err(inner.error("too many arguments for this policy"))
    }

    fn parse_list(path: &Path, input: ParseStream<'_>) -> Result<Vec<Self>> {
        let mut policies = Vec::new();
        while !input.is_empty() {
            policies.push(Self::parse_operand(input)?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if policies.len() < 2 {
            return Err(syn::Error::new(
                path.span(),
                "expected two or more policies, as in `and(\"staff\", \"recent\")`",
            ));
        }
        Ok(policies)
    }

    /// Parses an operand of `and`, `or` or `not`. Rejects "anyone", which is never useful there.
    fn parse_operand(input: ParseStream<'_>) -> Result<Self> {
        let span = input.span();
        match Self::parse(input)? {
            Self::Anyone => Err(syn::Error::new(
                span,
                "\"anyone\" cannot be combined with other policies, because it allows every caller",
            )),
            policy => Ok(policy),
        }
    }

    /// Returns an expression of the type `mizan_core::Policy`.
    pub(crate) fn expand(&self) -> TokenStream {
        let policy = quote!(::mizan_core::Policy);
        match self {
            Self::Anyone => quote!(#policy::Anyone),
            Self::SignedIn => quote!(#policy::SignedIn),
            Self::Staff => quote!(#policy::Staff),
            Self::Superuser => quote!(#policy::Superuser),
            Self::Permission(name) => quote!(#policy::Permission(#name)),
            Self::RecentlyAuthenticated => quote!(#policy::RecentlyAuthenticated),
            Self::Group(name) => quote!(#policy::Group(#name)),
            Self::All(policies) => {
                let policies = policies.iter().map(Self::expand);
                quote!(#policy::All(&[#(#policies),*]))
            }
            Self::Any(policies) => {
                let policies = policies.iter().map(Self::expand);
                quote!(#policy::Any(&[#(#policies),*]))
            }
            Self::Not(inner) => {
                let inner = inner.expand();
                quote!(#policy::Not(&#inner))
            }
            Self::Custom(path) => {
                let name = path.segments.last().map(|last| last.ident.to_string());
                let check = check(path);
                quote!(#policy::Custom { name: #name, check: #check })
            }
        }
    }
}

/// Returns a closure that runs the check `path`, which returns a `Decision` or a `Result`.
fn check(path: &Path) -> TokenStream {
    // A hygienic name cannot collide with a name in `path`.
    let cx = Ident::new("cx", Span::mixed_site());
    quote_spanned! {call_site_at(path.span())=>
        |#cx| ::std::boxed::Box::pin(::mizan_core::private::check(#path, #cx))
    }
}

/// Expands `policy!(..)`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let parse = |input: ParseStream<'_>| {
        if input.is_empty() {
            return Ok(Policy::SignedIn);
        }
        Policy::parse(input)
    };
    match parse.parse2(input) {
        Ok(policy) => policy.expand(),
        Err(error) => error.to_compile_error(),
    }
}
