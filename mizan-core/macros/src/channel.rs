//! `#[channel]`: completes an implementation of `Channel`.

use mizan_macros_syntax as syntax;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{FnArg, ImplItem, ImplItemFn, ImplItemType, ItemImpl, Pat, Result, Type, parse_quote};

const OPTIONS: &str = "the options are `limit`, `limit_unavailable` and `state`; the other settings of a \
                       channel are constants of the trait";

/// The options of `#[channel(..)]`.
#[derive(Default)]
struct Options {
    limits: syntax::Limits,
    /// The types of state that other functions read from the context.
    state: Vec<Type>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        syntax::options(input, OPTIONS, &mut Vec::new(), |option| {
            match option.to_string().as_str() {
                "limit" => options.limits.parse_limits(input, option)?,
                "limit_unavailable" => options.limits.parse_unavailable(input, option)?,
                "state" => options.state = syntax::declared_state(input, option)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if let Some((_, span)) = options.limits.arguments().first() {
            let message = "the limit of a channel counts messages `by principal` or `by address`";
            return Err(syn::Error::new(*span, message));
        }
        Ok(options)
    }
}

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

/// Expands the attribute. The output contains the item even after an error, so that the rest of the
/// crate still compiles.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let parsed = syn::parse2(options).and_then(|options| Ok((options, parse(item.clone())?)));
    let (options, mut channel): (Options, _) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let mut tokens = error.to_compile_error();
            tokens.extend(item);
            return tokens;
        }
    };
    let mut tokens = TokenStream::new();
    if let Err(error) = complete(&mut channel).and_then(|()| add_limits(&options, &mut channel)) {
        tokens.extend(error.to_compile_error());
    }
    add_required_state(options.state, &mut channel);
    allow_any_decision(&mut channel);
    channel.to_tokens(&mut tokens);
    tokens
}

fn parse(item: TokenStream) -> Result<ItemImpl> {
    let span = item.span();
    match syn::parse2::<ItemImpl>(item) {
        Ok(channel) if is_impl_of_channel(&channel) => Ok(channel),
        _ => Err(syn::Error::new(
            span,
            "`#[channel]` belongs on an `impl Channel for ..`",
        )),
    }
}

/// Adds the limits of messages.
///
/// # Errors
///
/// Returns an error if the channel accepts no messages.
fn add_limits(options: &Options, channel: &mut ItemImpl) -> Result<()> {
    let Some(limits) = options.limits.expand() else {
        return Ok(());
    };
    if !has_method(channel, "receive") {
        return Err(syn::Error::new(
            channel.self_ty.span(),
            "a limit counts the messages of clients: add `async fn receive(..)`, or remove `limit`",
        ));
    }
    channel.items.push(ImplItem::Verbatim(limits));
    Ok(())
}

/// Adds the state that the methods read from the context, and the declared types.
fn add_required_state(declared: Vec<Type>, channel: &mut ItemImpl) {
    if has_method(channel, "required_state") {
        return;
    }
    let methods = channel.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    });
    let mut types: Vec<_> = methods.flat_map(state_of_method).collect();
    types.extend(declared);
    if let Some(method) = syntax::required_state(&types) {
        channel.items.push(ImplItem::Verbatim(method));
    }
}

fn state_of_method(method: &ImplItemFn) -> Vec<Type> {
    match method.sig.inputs.first() {
        Some(FnArg::Typed(cx)) => match &*cx.pat {
            Pat::Ident(cx) => syntax::state_of_block(&method.block, &cx.ident),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn is_impl_of_channel(item: &ItemImpl) -> bool {
    let path = item.trait_.as_ref().map(|(path, _)| path);
    path.and_then(|path| path.segments.last())
        .is_some_and(|last| last.ident == "Channel")
}

/// Adds the associated types of parts that the channel does not have.
///
/// # Errors
///
/// Returns an error if the channel has the types of a part without its method. The compiler itself
/// reports a method without its types.
fn complete(channel: &mut ItemImpl) -> Result<()> {
    let mut result = Ok(());
    for part in &PARTS {
        if has_method(channel, part.method) {
            continue;
        }
        for name in part.types {
            match find_type(channel, name) {
                Some(item) if is_never(&item.ty) => {}
                Some(item) => {
                    result = Err(syn::Error::new(
                        item.ident.span(),
                        format!(
                            "`{name}` needs the method `{0}`: add `async fn {0}(..)`, or remove the \
                             type",
                            part.method
                        ),
                    ));
                }
                None => {
                    let name = Ident::new(name, Span::call_site());
                    channel
                        .items
                        .push(parse_quote!(type #name = ::mizan_core::Never;));
                }
            }
        }
    }
    result
}

/// Allows `authorize` to name its return type, for which the trait accepts several types.
fn allow_any_decision(channel: &mut ItemImpl) {
    for item in &mut channel.items {
        if let ImplItem::Fn(function) = item
            && function.sig.ident == "authorize"
        {
            function
                .attrs
                .push(parse_quote!(#[allow(refining_impl_trait)]));
        }
    }
}

fn has_method(channel: &ItemImpl, name: &str) -> bool {
    channel
        .items
        .iter()
        .any(|item| matches!(item, ImplItem::Fn(function) if function.sig.ident == name))
}

fn find_type<'a>(channel: &'a ItemImpl, name: &str) -> Option<&'a ImplItemType> {
    channel.items.iter().find_map(|item| match item {
        ImplItem::Type(item) if item.ident == name => Some(item),
        _ => None,
    })
}

fn is_never(ty: &Type) -> bool {
    matches!(ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == "Never"))
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn expand_impl(items: &TokenStream) -> String {
        let item = quote!(impl Channel for Prices { #items });
        expand(TokenStream::new(), item)
            .to_string()
            .replace(' ', "")
    }

    #[test]
    fn adds_the_types_of_missing_parts() {
        let expanded = expand_impl(&quote!(
            type Params = Ticker;
        ));
        for name in ["ClientMessage", "Reply", "Snapshot", "Member"] {
            let added = format!("type{name}=::mizan_core::Never;");
            assert_eq!(expanded.matches(&added).count(), 1, "{expanded}");
        }
        assert!(!expanded.contains("compile_error"), "{expanded}");
    }

    #[test]
    fn keeps_declared_types() {
        let expanded = expand_impl(&quote! {
            type Snapshot = f64;
            type Member = mizan_core::Never;
            async fn snapshot() {}
        });
        assert!(expanded.contains("typeSnapshot=f64;"), "{expanded}");
        assert_eq!(expanded.matches("typeMember=").count(), 1, "{expanded}");
        assert!(!expanded.contains("compile_error"), "{expanded}");
    }

    #[test]
    fn requires_the_state_that_methods_read() {
        let expanded = expand_impl(&quote! {
            async fn authorize(context: &Cx, _: &Params) -> Decision {
                context.state::<Database>().allows()
            }
        });
        assert!(
            expanded.contains("StateKey::of::<Database>()"),
            "{expanded}"
        );
    }

    #[test]
    fn rejects_types_without_their_method() {
        let expanded = expand_impl(&quote!(
            type Snapshot = u8;
        ));
        assert!(expanded.contains("compile_error"), "{expanded}");
        assert!(expanded.contains("typeMember="), "{expanded}");
    }

    #[test]
    fn leaves_missing_types_of_a_method_to_the_compiler() {
        let expanded = expand_impl(&quote!(
            async fn receive() {}
        ));
        assert!(!expanded.contains("typeReply"), "{expanded}");
        assert!(expanded.contains("typeMember="), "{expanded}");
    }
}
