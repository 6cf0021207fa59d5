//! What stands in the parentheses of `#[form(..)]`.

use mizan_macros_syntax as syntax;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, Ident, LitStr, Result, Token};

const OPTIONS: &str = "the options are `name`, `title`, `auth`, `affects` and `redirect`";

#[derive(Default)]
pub(crate) struct FormOptions {
    pub(crate) name: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    /// What `policy!` takes.
    pub(crate) auth: Option<TokenStream>,
    pub(crate) affects: Vec<String>,
    pub(crate) redirect: Option<LitStr>,
}

impl FormOptions {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut found = attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("form"));
        let Some(first) = found.next() else {
            return Ok(Self::default());
        };
        if let Some(second) = found.next() {
            return Err(syn::Error::new_spanned(
                second,
                "`#[form(..)]` is given twice; put the options into one",
            ));
        }
        let options: Self = first.parse_args()?;
        match (&options.name, options.without_a_name()) {
            (None, Some(option)) => Err(syn::Error::new_spanned(
                first,
                format!("`{option}` is for a form with a name: add `name = \"contact\"`"),
            )),
            _ => Ok(options),
        }
    }

    fn without_a_name(&self) -> Option<&'static str> {
        [
            ("title", self.title.is_some()),
            ("auth", self.auth.is_some()),
            ("affects", !self.affects.is_empty()),
            ("redirect", self.redirect.is_some()),
        ]
        .into_iter()
        .find_map(|(name, given)| given.then_some(name))
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
                "redirect" => options.redirect = Some(redirect(input, option)?),
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
    let is_of_this_site = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains(|c: char| c == '\\' || c.is_control());
    if !is_of_this_site {
        return Err(syn::Error::new(
            path.span(),
            "a redirect is a path of this site: it begins with one `/`, and has no `\\` and no \
             control characters",
        ));
    }
    // A server sends it in a header, as it is.
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(syn::Error::new(
            path.span(),
            "a redirect is written as browsers send it: percent-encode spaces and what is not \
             ASCII, as in \"/thank%20you\"",
        ));
    }
    Ok(path)
}
