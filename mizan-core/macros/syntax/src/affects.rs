//! The option `affects(..)` of mutations and forms.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{Ident, Result, Token, parenthesized};

const EXAMPLE: &str = "list the queries and contexts to invalidate, without quotes, as in \
                       `affects(post(id), posts)`, or all with `affects(*)`";

/// A query that a mutation affects: `post`, `post(id)`, `post(id = post_id)` or
/// `post(id) = returns`.
///
/// Its tokens are a constant expression of the type `mizan_core::function::Affected`.
#[derive(Debug, PartialEq)]
pub struct Affected {
    query: String,
    /// Pairs of an argument of the query and the argument of the mutation that has its value.
    input: Vec<(String, String)>,
    returns: bool,
}

/// Parses the queries in `affects(post(id), posts)`, or `*`.
///
/// # Errors
///
/// Returns an error for any other syntax.
pub fn affects(input: ParseStream<'_>, option: &Ident) -> Result<Vec<Affected>> {
    if !input.peek(Paren) {
        return Err(syn::Error::new(option.span(), EXAMPLE));
    }
    let queries;
    parenthesized!(queries in input);
    if queries.peek(Token![*]) {
        queries.parse::<Token![*]>()?;
        if !queries.is_empty() {
            return Err(queries.error("`affects(*)` already invalidates all queries"));
        }
        return Ok(vec![Affected {
            query: "*".to_owned(),
            input: Vec::new(),
            returns: false,
        }]);
    }
    let queries = Punctuated::<Affected, Token![,]>::parse_terminated(&queries)?;
    Ok(queries.into_iter().collect())
}

impl Parse for Affected {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let query = name(input)?;
        let mut arguments = Vec::new();
        if input.peek(Paren) {
            let list;
            parenthesized!(list in input);
            let list = Punctuated::<Argument, Token![,]>::parse_terminated(&list)?;
            for Argument { name, value } in list {
                arguments.push((name, value));
            }
        }
        let returns = input.peek(Token![=]);
        if returns {
            input.parse::<Token![=]>()?;
            let word = input.call(Ident::parse_any);
            if !word.as_ref().is_ok_and(|word| word == "returns") {
                let span = word.map_or_else(|error| error.span(), |word| word.span());
                return Err(syn::Error::new(
                    span,
                    format!(
                        "write `{query}(..) = returns` if the output of the mutation is the new data \
                         of `{query}`"
                    ),
                ));
            }
        }
        Ok(Self {
            query,
            input: arguments,
            returns,
        })
    }
}

/// An argument of the affected query: `id`, or `id = post_id`.
struct Argument {
    name: String,
    value: String,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let argument = name(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            name(input)?
        } else {
            argument.clone()
        };
        Ok(Self {
            name: argument,
            value,
        })
    }
}

fn name(input: ParseStream<'_>) -> Result<String> {
    let name = input
        .call(Ident::parse_any)
        .map_err(|error| syn::Error::new(error.span(), EXAMPLE))?;
    Ok(name.unraw().to_string())
}

impl ToTokens for Affected {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let query = &self.query;
        tokens.extend(quote!(::mizan_core::function::Affected::query(#query)));
        if !self.input.is_empty() {
            let pairs = self
                .input
                .iter()
                .map(|(name, value)| quote!((#name, #value)));
            tokens.extend(quote!(.with_input(&[#(#pairs),*])));
        }
        if self.returns {
            tokens.extend(quote!(.returns()));
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proc_macro2::Span;
    use syn::parse::Parser;

    use super::*;

    fn read(text: &str) -> std::result::Result<Vec<Affected>, String> {
        let option = Ident::new("affects", Span::call_site());
        (|input: ParseStream<'_>| affects(input, &option))
            .parse_str(text)
            .map_err(|error| error.to_string())
    }

    fn affected(query: &str, input: &[(&str, &str)], returns: bool) -> Affected {
        Affected {
            query: query.to_owned(),
            input: input
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            returns,
        }
    }

    #[test]
    fn parses_queries_arguments_and_returns() {
        assert_eq!(
            read("(post(id, locale = language) = returns, posts, r#type, me = returns,)").unwrap(),
            [
                affected("post", &[("id", "id"), ("locale", "language")], true),
                affected("posts", &[], false),
                affected("type", &[], false),
                affected("me", &[], true),
            ]
        );
        assert_eq!(read("(*)").unwrap(), [affected("*", &[], false)]);
        assert_eq!(read("()").unwrap(), []);
    }

    #[test]
    fn reports_errors_with_examples() {
        for text in ["", "(\"post\")", "(post(\"id\"))", "(post(id = 7))"] {
            let message = read(text).unwrap_err();
            assert!(
                message.contains("as in `affects(post(id), posts)`"),
                "{text}: {message}"
            );
        }
        assert_eq!(
            read("(post(id) = output)").unwrap_err(),
            "write `post(..) = returns` if the output of the mutation is the new data of `post`"
        );
        assert!(
            read("(*, post)")
                .unwrap_err()
                .contains("already invalidates")
        );
    }
}
