//! Parsing of the options in parentheses after an attribute.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Result, Token};

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

#[cfg(test)]
mod tests {
    use syn::parse::Parser;
    use syn::{LitInt, LitStr};

    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Options {
        title: String,
        rows: u8,
    }

    fn read(text: &str) -> std::result::Result<Options, String> {
        let mut options_read = Options::default();
        let parse = |input: ParseStream<'_>| {
            options(input, "there are two", &mut Vec::new(), |name| {
                match name.to_string().as_str() {
                    "title" => {
                        options_read.title = value::<LitStr>(input, name, "title = \"A\"")?.value();
                    }
                    "rows" => {
                        options_read.rows =
                            value::<LitInt>(input, name, "rows = 5")?.base10_parse()?;
                    }
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
        };
        assert_eq!(read("rows = 5, title = \"A\","), Ok(expected));
        assert_eq!(read(""), Ok(Options::default()));
    }

    #[test]
    fn reports_errors_with_examples() {
        for (text, message) in [
            ("\"rows\"", "expected an option; there are two"),
            ("type = 1", "unknown option `type`; there are two"),
            ("rows = 5, rows = 6", "duplicate option `rows`"),
            ("rows = 5 title = \"A\"", "expected `,`"),
            ("rows", "`rows` needs a value: write `rows = 5`"),
            ("rows = \"5\"", "write `rows = 5`"),
        ] {
            assert_eq!(read(text), Err(message.to_owned()), "{text}");
        }
    }
}
