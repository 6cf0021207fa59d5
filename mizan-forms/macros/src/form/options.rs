//! Parsing of `#[form(..)]`.

use mizan_macros_syntax as syntax;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, Ident, LitStr, Result, Token, Type};

const OPTIONS: &str = "the options are `name`, `title`, `auth`, `affects`, `limit`, `limit_unavailable`, `redirect` and `state`";

/// The options of `#[form(..)]`.
#[derive(Default)]
pub(crate) struct FormOptions {
    pub(crate) name: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    /// The input of `policy!`.
    pub(crate) auth: Option<TokenStream>,
    pub(crate) affects: Vec<syntax::Affected>,
    pub(crate) limits: syntax::Limits,
    pub(crate) redirect: Option<LitStr>,
    /// The types of state that the handler reads from the context.
    pub(crate) state: Vec<Type>,
}

impl FormOptions {
    pub(crate) fn parse_attributes(attributes: &[Attribute]) -> Result<Self> {
        let mut form_attributes = attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("form"));
        let Some(first) = form_attributes.next() else {
            return Ok(Self::default());
        };
        if let Some(second) = form_attributes.next() {
            return Err(syn::Error::new_spanned(
                second,
                "duplicate `#[form(..)]`: combine the options in one attribute",
            ));
        }
        let options: Self = first.parse_args()?;
        match (&options.name, options.option_that_requires_name()) {
            (None, Some(option)) => Err(syn::Error::new_spanned(
                first,
                format!("`{option}` requires a form with a name: add `name = \"contact\"`"),
            )),
            _ => Ok(options),
        }
    }

    fn option_that_requires_name(&self) -> Option<&'static str> {
        [
            ("title", self.title.is_some()),
            ("auth", self.auth.is_some()),
            ("affects", !self.affects.is_empty()),
            ("limit", !self.limits.is_empty()),
            ("redirect", self.redirect.is_some()),
            ("state", !self.state.is_empty()),
        ]
        .into_iter()
        .find_map(|(name, is_set)| is_set.then_some(name))
    }
}

impl Parse for FormOptions {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        syntax::options(input, OPTIONS, &mut Vec::new(), |option| {
            match option.to_string().as_str() {
                "name" => options.name = Some(syntax::value(input, option, "name = \"contact\"")?),
                "title" => {
                    options.title = Some(syntax::value(input, option, "title = \"Contact us\"")?);
                }
                "auth" => options.auth = Some(auth(input)?),
                "affects" => options.affects = syntax::affects(input, option)?,
                "limit" => options.limits.parse_limits(input, option)?,
                "limit_unavailable" => options.limits.parse_unavailable(input, option)?,
                "redirect" => options.redirect = Some(redirect(input, option)?),
                "state" => options.state = syntax::declared_state(input, option)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(options)
    }
}

fn auth(input: ParseStream<'_>) -> Result<TokenStream> {
    if !input.peek(Token![=]) {
        return Ok(TokenStream::new());
    }
    input.parse::<Token![=]>()?;
    let policy: Expr = input.parse()?;
    Ok(policy.into_token_stream())
}

fn redirect(input: ParseStream<'_>, option: &Ident) -> Result<LitStr> {
    let path: LitStr = syntax::value(input, option, "redirect = \"/thanks\"")?;
    let text = path.value();
    let is_local_path = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains(|c: char| c == '\\' || c.is_control());
    if !is_local_path {
        return Err(syn::Error::new(
            path.span(),
            "a redirect must be a path on this site: it starts with a single `/`, and contains \
             neither `\\` nor control characters",
        ));
    }
    // The server sends the path unchanged in the `Location` header.
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(syn::Error::new(
            path.span(),
            "a redirect must be percent-encoded: encode spaces and non-ASCII characters, as in \
             \"/thank%20you\"",
        ));
    }
    Ok(path)
}
