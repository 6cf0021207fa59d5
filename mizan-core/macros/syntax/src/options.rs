//! What stands in the parentheses of an attribute.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{Ident, Result, Token, parenthesized};

/// Reads options with commas between them, to the end of `input`.
///
/// `read` reads what stands behind an option's name, and says whether there is such an option; `known`
/// is a sentence of those that there are. The names are added to `seen`, where each may stand once.
///
/// # Errors
///
/// What cannot be read, is unknown, or is given twice; and what `read` fails with.
pub fn options(
    input: ParseStream<'_>,
    known: &str,
    seen: &mut Vec<Ident>,
    mut read: impl FnMut(&Ident) -> Result<bool>,
) -> Result<()> {
    while !input.is_empty() {
        let name = Ident::parse_any(input).map_err(|error| {
            syn::Error::new(error.span(), format!("expected an option; {known}"))
        })?;
        if seen.contains(&name) {
            return Err(syn::Error::new(
                name.span(),
                format!("`{name}` is given twice"),
            ));
        }
        if !read(&name)? {
            return Err(syn::Error::new(
                name.span(),
                format!("there is no option `{name}`; {known}"),
            ));
        }
        seen.push(name);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// The value of `option`, after a `=`; `example` shows how it is written.
///
/// # Errors
///
/// Where there is no value, or another than a `T`.
pub fn value<T: Parse>(input: ParseStream<'_>, option: &Ident, example: &str) -> Result<T> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(
            option.span(),
            format!("`{option}` has a value: write `{example}`"),
        ));
    }
    input.parse::<Token![=]>()?;
    input
        .parse()
        .map_err(|error: syn::Error| syn::Error::new(error.span(), format!("write `{example}`")))
}

/// The names in `affects(post, posts)`, or `*`.
///
/// # Errors
///
/// Where something else stands behind `option`.
pub fn affects(input: ParseStream<'_>, option: &Ident) -> Result<Vec<String>> {
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use syn::parse::Parser;
    use syn::{LitInt, LitStr};

    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Given {
        title: String,
        rows: u8,
        affects: Vec<String>,
    }

    fn read(text: &str) -> std::result::Result<Given, String> {
        let mut given = Given::default();
        let parse = |input: ParseStream<'_>| {
            options(input, "there are three", &mut Vec::new(), |name| {
                match name.to_string().as_str() {
                    "title" => {
                        given.title = value::<LitStr>(input, name, "title = \"A\"")?.value();
                    }
                    "rows" => {
                        given.rows = value::<LitInt>(input, name, "rows = 5")?.base10_parse()?;
                    }
                    "affects" => given.affects = affects(input, name)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })
        };
        match parse.parse_str(text) {
            Ok(()) => Ok(given),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn options_are_read_in_any_order() {
        let given = Given {
            title: "A".to_owned(),
            rows: 5,
            affects: vec!["post".to_owned(), "type".to_owned()],
        };
        assert_eq!(
            read("rows = 5, affects(post, r#type), title = \"A\","),
            Ok(given)
        );
        assert_eq!(read(""), Ok(Given::default()));
        assert_eq!(
            read("affects(*)").map(|given| given.affects),
            Ok(vec!["*".to_owned()])
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_right() {
        for (text, told) in [
            ("\"rows\"", "expected an option; there are three"),
            ("type = 1", "there is no option `type`; there are three"),
            ("rows = 5, rows = 6", "`rows` is given twice"),
            ("rows = 5 title = \"A\"", "expected `,`"),
            ("rows", "`rows` has a value: write `rows = 5`"),
            ("rows = \"5\"", "write `rows = 5`"),
        ] {
            assert_eq!(read(text), Err(told.to_owned()), "{text}");
        }
        for text in ["affects", "affects = post", "affects(\"post\")"] {
            let told = read(text).unwrap_err();
            assert!(
                told.contains("as in `affects(post, posts)`"),
                "{text}: {told}"
            );
        }
    }
}
