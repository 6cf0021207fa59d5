//! Parsing of the options in parentheses after an attribute.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{Ident, Result, Token, parenthesized};

/// Parses options, separated by commas, up to the end of `input`.
///
/// `parse_option` parses the rest of an option after its name, and returns `false` for an unknown
/// option. `known` lists the options for error messages. The parsed names are added to `seen`.
///
/// # Errors
///
/// Returns an error for invalid syntax, an unknown option or a duplicate option, and any error of
/// `parse_option`.
pub fn options(
    input: ParseStream<'_>,
    known: &str,
    seen: &mut Vec<Ident>,
    mut parse_option: impl FnMut(&Ident) -> Result<bool>,
) -> Result<()> {
    while !input.is_empty() {
        let name = Ident::parse_any(input).map_err(|error| {
            syn::Error::new(error.span(), format!("expected an option; {known}"))
        })?;
        if seen.contains(&name) {
            return Err(syn::Error::new(
                name.span(),
                format!("duplicate option `{name}`"),
            ));
        }
        if !parse_option(&name)? {
            return Err(syn::Error::new(
                name.span(),
                format!("unknown option `{name}`; {known}"),
            ));
        }
        seen.push(name);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// Parses the value of `option` after a `=`. Error messages show `example`.
///
/// # Errors
///
/// Returns an error if the value is missing or is not a `T`.
pub fn value<T: Parse>(input: ParseStream<'_>, option: &Ident, example: &str) -> Result<T> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(
            option.span(),
            format!("`{option}` needs a value: write `{example}`"),
        ));
    }
    input.parse::<Token![=]>()?;
    input
        .parse()
        .map_err(|error: syn::Error| syn::Error::new(error.span(), format!("write `{example}`")))
}

/// Parses the names in `affects(post, posts)`, or `*`.
///
/// # Errors
///
/// Returns an error for any other syntax.
pub fn affects(input: ParseStream<'_>, option: &Ident) -> Result<Vec<String>> {
    const EXAMPLE: &str = "list the queries and contexts to invalidate, without quotes, as in \
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use syn::parse::Parser;
    use syn::{LitInt, LitStr};

    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Options {
        title: String,
        rows: u8,
        affects: Vec<String>,
    }

    fn read(text: &str) -> std::result::Result<Options, String> {
        let mut options_read = Options::default();
        let parse = |input: ParseStream<'_>| {
            options(input, "there are three", &mut Vec::new(), |name| {
                match name.to_string().as_str() {
                    "title" => {
                        options_read.title = value::<LitStr>(input, name, "title = \"A\"")?.value();
                    }
                    "rows" => {
                        options_read.rows =
                            value::<LitInt>(input, name, "rows = 5")?.base10_parse()?;
                    }
                    "affects" => options_read.affects = affects(input, name)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })
        };
        match parse.parse_str(text) {
            Ok(()) => Ok(options_read),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn parses_options_in_any_order() {
        let expected = Options {
            title: "A".to_owned(),
            rows: 5,
            affects: vec!["post".to_owned(), "type".to_owned()],
        };
        assert_eq!(
            read("rows = 5, affects(post, r#type), title = \"A\","),
            Ok(expected)
        );
        assert_eq!(read(""), Ok(Options::default()));
        assert_eq!(
            read("affects(*)").map(|given| given.affects),
            Ok(vec!["*".to_owned()])
        );
    }

    #[test]
    fn reports_errors_with_examples() {
        for (text, message) in [
            ("\"rows\"", "expected an option; there are three"),
            ("type = 1", "unknown option `type`; there are three"),
            ("rows = 5, rows = 6", "duplicate option `rows`"),
            ("rows = 5 title = \"A\"", "expected `,`"),
            ("rows", "`rows` needs a value: write `rows = 5`"),
            ("rows = \"5\"", "write `rows = 5`"),
        ] {
            assert_eq!(read(text), Err(message.to_owned()), "{text}");
        }
        for text in ["affects", "affects = post", "affects(\"post\")"] {
            let message = read(text).unwrap_err();
            assert!(
                message.contains("as in `affects(post, posts)`"),
                "{text}: {message}"
            );
        }
    }
}
