//! The option `cache = ".."` of queries without a principal.

use mizan_macros_syntax as syntax;
use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{LitStr, Result};

const EXAMPLE: &str = "cache = \"public, max-age=60, stale-while-revalidate=600\"";

/// The directives that take a number of seconds.
const SECONDS: [&str; 4] = [
    "max-age",
    "s-maxage",
    "stale-while-revalidate",
    "stale-if-error",
];

/// The directives without a value.
const FLAGS: [&str; 5] = [
    "public",
    "immutable",
    "must-revalidate",
    "proxy-revalidate",
    "no-transform",
];

/// Parses the value, which is that of the header `Cache-Control`.
pub(crate) fn parse(input: ParseStream<'_>, option: &Ident) -> Result<LitStr> {
    let value: LitStr = syntax::value(input, option, EXAMPLE)?;
    let text = value.value();
    let directives: Vec<_> = text.split(',').map(str::trim).collect();
    let unknown = directives.iter().find(|directive| !is_known(directive));
    if let Some(unknown) = unknown {
        let message = format!(
            "`{unknown}` is not a directive that a cached query can have; write, for example, `{EXAMPLE}`"
        );
        return Err(syn::Error::new(value.span(), message));
    }
    let has_age = directives.iter().any(|it| it.starts_with("max-age="));
    if !directives.contains(&"public") || !has_age {
        let message = format!(
            "a cached query needs `public` and `max-age`, because caches keep its replies for all clients; \
             write, for example, `{EXAMPLE}`"
        );
        return Err(syn::Error::new(value.span(), message));
    }
    Ok(value)
}

fn is_known(directive: &str) -> bool {
    match directive.split_once('=') {
        Some((name, seconds)) => SECONDS.contains(&name) && seconds.parse::<u32>().is_ok(),
        None => FLAGS.contains(&directive),
    }
}
