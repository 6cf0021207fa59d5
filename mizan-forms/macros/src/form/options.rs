//! What stands in the parentheses of `#[form(..)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{Attribute, Expr, Ident, LitStr, Result, Token, parenthesized};

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
        let mut seen = Vec::new();
        while !input.is_empty() {
            let option = option(input, &mut seen, OPTIONS)?;
            match option.to_string().as_str() {
                "name" => options.name = Some(text(input, &option, "name = \"contact\"")?),
                "title" => options.title = Some(text(input, &option, "title = \"Contact us\"")?),
                "auth" => {
                    options.auth = Some(if input.peek(Token![=]) {
                        input.parse::<Token![=]>()?;
                        let policy: Expr = input.parse()?;
                        quote!(#policy)
                    } else {
                        TokenStream::new()
                    });
                }
                "affects" => options.affects = affects(input, &option)?,
                "redirect" => {
                    let path = text(input, &option, "redirect = \"/thanks\"")?;
                    if !is_local(&path.value()) {
                        return Err(syn::Error::new(
                            path.span(),
                            "a redirect is a path of this site: it begins with one `/`, and has \
                             no `\\` and no control characters",
                        ));
                    }
                    options.redirect = Some(path);
                }
                other => {
                    return Err(syn::Error::new(
                        option.span(),
                        format!("there is no option `{other}`; {OPTIONS}"),
                    ));
                }
            }
            seen.push(option);
            comma(input)?;
        }
        Ok(options)
    }
}

fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains(|c: char| c == '\\' || c.is_control())
}

/// The name of the next option, which is not among those seen.
pub(crate) fn option(input: ParseStream<'_>, seen: &mut [Ident], known: &str) -> Result<Ident> {
    let name = Ident::parse_any(input)
        .map_err(|error| syn::Error::new(error.span(), format!("expected an option; {known}")))?;
    if seen.contains(&name) {
        return Err(syn::Error::new(
            name.span(),
            format!("`{name}` is given twice"),
        ));
    }
    Ok(name)
}

pub(crate) fn comma(input: ParseStream<'_>) -> Result<()> {
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

/// The value after `=`; `example` shows how it is written.
pub(crate) fn value<T: Parse>(input: ParseStream<'_>, option: &Ident, example: &str) -> Result<T> {
    let wrong = |span| syn::Error::new(span, format!("write `{example}`"));
    if !input.peek(Token![=]) {
        return Err(wrong(option.span()));
    }
    input.parse::<Token![=]>()?;
    input
        .parse()
        .map_err(|error: syn::Error| wrong(error.span()))
}

pub(crate) fn text(input: ParseStream<'_>, option: &Ident, example: &str) -> Result<LitStr> {
    value(input, option, example)
}

fn affects(input: ParseStream<'_>, option: &Ident) -> Result<Vec<String>> {
    const EXAMPLE: &str = "name the queries and contexts that become stale, without quotes, as in \
                           `affects(post, posts)`, or all with `affects(*)`";
    if !input.peek(Paren) {
        return Err(syn::Error::new(option.span(), EXAMPLE));
    }
    let names;
    parenthesized!(names in input);
    if names.peek(Token![*]) {
        names.parse::<Token![*]>()?;
        return Ok(vec!["*".to_owned()]);
    }
    let names = Punctuated::<Ident, Token![,]>::parse_terminated(&names)
        .map_err(|error| syn::Error::new(error.span(), EXAMPLE))?;
    Ok(names.iter().map(|name| name.unraw().to_string()).collect())
}
