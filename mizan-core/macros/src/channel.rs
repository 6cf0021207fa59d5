//! `#[channel]`: completes an implementation of `Channel`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{ImplItem, ItemImpl, Result, parse_quote};

/// An optional part of a channel: the method that implements it, and its associated types.
struct Part {
    method: &'static str,
    types: &'static [&'static str],
}

const PARTS: [Part; 3] = [
    Part {
        method: "receive",
        types: &["ClientMessage", "Reply"],
    },
    Part {
        method: "snapshot",
        types: &["Snapshot"],
    },
    Part {
        method: "member",
        types: &["Member"],
    },
];

/// Expands the attribute, or returns the errors with the unchanged item.
pub(crate) fn expand(options: &TokenStream, item: TokenStream) -> TokenStream {
    let parsed = if options.is_empty() {
        parse(item.clone())
    } else {
        let message = "`#[channel]` has no options; set the constants of the trait instead";
        Err(syn::Error::new(options.span(), message))
    };
    match parsed.and_then(complete) {
        Ok(channel) => channel.into_token_stream(),
        Err(error) => {
            let mut tokens = error.to_compile_error();
            tokens.extend(item);
            tokens
        }
    }
}

fn parse(item: TokenStream) -> Result<ItemImpl> {
    let usage = "`#[channel]` belongs on an `impl Channel for ..`";
    let span = item.span();
    let channel: ItemImpl = syn::parse2(item).map_err(|_| syn::Error::new(span, usage))?;
    let is_channel = channel.trait_.as_ref().is_some_and(|(path, _)| {
        path.segments
            .last()
            .is_some_and(|last| last.ident == "Channel")
    });
    if is_channel {
        Ok(channel)
    } else {
        Err(syn::Error::new(channel.impl_token.span(), usage))
    }
}

/// Adds the associated types of parts that the channel does not have, and rejects incomplete parts.
fn complete(mut channel: ItemImpl) -> Result<ItemImpl> {
    for part in &PARTS {
        let method = find_method(&channel, part.method);
        let types: Vec<_> = part
            .types
            .iter()
            .map(|name| (*name, find_type(&channel, name)))
            .collect();
        if let Some(method) = method {
            if let Some((missing, _)) = types.iter().find(|(_, found)| found.is_none()) {
                return Err(syn::Error::new(
                    method.span(),
                    format!(
                        "`{}` needs the associated type `{missing}`: add `type {missing} = ..;`",
                        part.method
                    ),
                ));
            }
            continue;
        }
        for (name, found) in types {
            match found {
                Some((ident, is_never)) if !is_never => {
                    return Err(syn::Error::new(
                        ident.span(),
                        format!(
                            "`{name}` needs the method `{0}`: add `async fn {0}(..)`, or remove the \
                             type",
                            part.method
                        ),
                    ));
                }
                Some(_) => {}
                None => {
                    let name = Ident::new(name, Span::call_site());
                    channel
                        .items
                        .push(parse_quote!(type #name = ::mizan_core::Never;));
                }
            }
        }
    }
    Ok(channel)
}

fn find_method<'a>(channel: &'a ItemImpl, name: &str) -> Option<&'a Ident> {
    channel.items.iter().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == name => Some(&function.sig.ident),
        _ => None,
    })
}

/// Returns the name of an associated type, and whether the type is `Never`.
fn find_type(channel: &ItemImpl, name: &str) -> Option<(Ident, bool)> {
    channel.items.iter().find_map(|item| match item {
        ImplItem::Type(item) if item.ident == name => {
            let is_never = matches!(&item.ty, syn::Type::Path(path)
                if path.path.segments.last().is_some_and(|last| last.ident == "Never"));
            Some((item.ident.clone(), is_never))
        }
        _ => None,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use quote::quote;

    use super::*;

    fn complete_impl(items: TokenStream) -> std::result::Result<String, String> {
        let item = quote!(impl Channel for Prices { #items });
        parse(item)
            .and_then(complete)
            .map(|channel| channel.into_token_stream().to_string().replace(' ', ""))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn adds_the_types_of_missing_parts() {
        let expanded = complete_impl(quote!(
            type Params = Ticker;
        ))
        .unwrap();
        for name in ["ClientMessage", "Reply", "Snapshot", "Member"] {
            let added = format!("type{name}=::mizan_core::Never;");
            assert_eq!(expanded.matches(&added).count(), 1, "{expanded}");
        }
    }

    #[test]
    fn keeps_declared_types() {
        let expanded = complete_impl(quote! {
            type Snapshot = f64;
            type Member = mizan_core::Never;
            async fn snapshot() {}
        })
        .unwrap();
        assert!(expanded.contains("typeSnapshot=f64;"), "{expanded}");
        assert_eq!(expanded.matches("typeMember=").count(), 1, "{expanded}");
    }

    #[test]
    fn rejects_incomplete_parts() {
        for (items, message) in [
            (
                quote!(
                    async fn receive() {}
                ),
                "`receive` needs the associated type `ClientMessage`",
            ),
            (
                quote!(
                    type ClientMessage = String;
                    async fn receive() {}
                ),
                "`receive` needs the associated type `Reply`",
            ),
            (
                quote!(
                    type Snapshot = u8;
                ),
                "`Snapshot` needs the method `snapshot`",
            ),
        ] {
            let error = complete_impl(items).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
