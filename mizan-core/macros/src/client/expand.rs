//! The output of `#[client]`.

use mizan_macros_syntax::{self as syntax, call_site_at, doc_text, source};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, ItemFn};

use super::parse::{Argument, ClientFunction, Context, Options, Pages};
use crate::policy::Policy;

/// Returns the function, the struct of its input, and the implementation of `ServerFunction`.
pub(crate) fn expand(function: &ItemFn, parsed: &ClientFunction) -> TokenStream {
    let checks = argument_checks(parsed);
    let input = input_struct(function, parsed);
    let implementation = implementation(function, parsed);
    quote! {
        #function

        const _: () = {
            #checks
        };

        #input

        #implementation
    }
}

/// Checks the types of the arguments before the derived code does, which gives better error
/// messages.
fn argument_checks(parsed: &ClientFunction) -> TokenStream {
    parsed
        .arguments
        .iter()
        .filter(|argument| !argument.has_custom_deserialize())
        .map(|argument| {
            let ty = &argument.ty;
            quote_spanned!(ty.span()=> ::mizan_core::private::is_input::<#ty>();)
        })
        .collect()
}

fn input_struct(function: &ItemFn, parsed: &ClientFunction) -> TokenStream {
    let input = &parsed.input;
    let visibility = &function.vis;
    let docs = format!("The input of `{}`.", wire_name(function));
    let fields = parsed.arguments.iter().map(|argument| {
        let (attributes, name, ty) = (&argument.attributes, &argument.name, &argument.ty);
        let schema = argument.constraints.schema_attribute(|other| {
            let all = &mut parsed.arguments.iter();
            let named = all.find(|argument| argument.name.unraw() == other);
            named.map_or_else(|| other.to_owned(), Argument::wire_name)
        });
        quote!(#(#attributes)* #schema #visibility #name: #ty)
    });
    // The derived code for `nested` calls a method of `Validate`, so the trait must be in scope.
    let (import_validate, derive_validate) = if parsed.has_constraints() {
        (
            quote! {
                #[allow(unused_imports)]
                use ::mizan_core::private::validator::Validate as _;
            },
            quote! {
                #[derive(::mizan_core::private::validator::Validate)]
                #[validate(crate = "::mizan_core::private::validator")]
            },
        )
    } else {
        Default::default()
    };
    quote! {
        #import_validate

        #[doc = #docs]
        #[derive(
            ::mizan_core::private::serde::Deserialize,
            ::mizan_core::private::schemars::JsonSchema,
        )]
        #derive_validate
        #[serde(crate = "::mizan_core::private::serde", deny_unknown_fields)]
        #[schemars(crate = "::mizan_core::private::schemars")]
        #[allow(missing_docs)]
        #visibility struct #input {
            #(#fields),*
        }
    }
}

fn implementation(function: &ItemFn, parsed: &ClientFunction) -> TokenStream {
    let input = &parsed.input;
    let wire_name = wire_name(function);
    let docs = doc_text(&function.attrs);
    let source = source(&function.sig.ident);
    let options = &parsed.options;
    let kind = kind(options);
    let affects = &options.affects;
    let pages = options.pages.as_ref().map(|Pages { cursor, next }| {
        quote! {
            const PAGES: ::std::option::Option<::mizan_core::function::Pages> =
                ::std::option::Option::Some(::mizan_core::function::Pages::new(#cursor, #next));
        }
    });
    let content_type = options.content_type.as_ref().map(|content_type| {
        quote! {
            const CONTENT_TYPE: ::std::option::Option<&'static str> =
                ::std::option::Option::Some(#content_type);
        }
    });
    let limits = options.limits.expand();
    let limit_key = limit_key(parsed);
    let cache = options.cache.as_ref().map(|cache| {
        quote! {
            const CACHE: ::std::option::Option<&'static str> = ::std::option::Option::Some(#cache);
        }
    });
    let resumable = options.resumable.map(|_| {
        quote!(
            const RESUMABLE: bool = true;
        )
    });
    let live = options.live.map(|_| {
        let is_shared = !parsed.takes_cx;
        quote!(
            const LIVE: bool = true;
            const SHARED: bool = #is_shared;
        )
    });
    let policy = options
        .policy
        .as_ref()
        .map_or_else(|| quote!(::mizan_core::Policy::Unspecified), Policy::expand);
    let output_and_error = output_and_error(parsed);
    let required_state = required_state(function, parsed);
    let validate = validate(parsed);
    let decode_output = decode_output(parsed);
    let authorize = authorize(options);
    let call = call(function, parsed);
    quote! {
        #[allow(deprecated)]
        impl ::mizan_core::ServerFunction for #input {
            #output_and_error
            const NAME: &'static str = #wire_name;
            const KIND: ::mizan_core::function::FunctionKind =
                ::mizan_core::function::FunctionKind::#kind;
            const POLICY: ::mizan_core::Policy = #policy;
            const AFFECTS: &'static [::mizan_core::function::Affected] = &[#(#affects),*];
            #pages
            #content_type
            #cache
            #resumable
            #live
            #limits
            const DOCS: &'static str = #docs;
            const SOURCE: ::std::option::Option<::mizan_core::function::Source> =
                ::std::option::Option::Some(#source);
            #required_state
            #validate
            #decode_output
            #limit_key
            #authorize

            #call
        }
    }
}

fn output_and_error(parsed: &ClientFunction) -> TokenStream {
    let returned = &parsed.returned;
    quote_spanned! {call_site_at(returned.span())=>
        type Output = <#returned as ::mizan_core::private::FunctionResult>::Output;
        type Error = <#returned as ::mizan_core::private::FunctionResult>::Error;
    }
}

fn required_state(function: &ItemFn, parsed: &ClientFunction) -> Option<TokenStream> {
    let mut types = match &parsed.cx {
        Some(cx) => syntax::state_of_block(&function.block, cx),
        None => Vec::new(),
    };
    types.extend_from_slice(&parsed.options.state);
    syntax::required_state(&types)
}

fn validate(parsed: &ClientFunction) -> Option<TokenStream> {
    parsed.has_constraints().then(|| {
        quote! {
            fn validate(
                &self,
            ) -> ::std::result::Result<(), ::mizan_core::error::FieldErrors> {
                ::mizan_core::private::check_constraints(self, ::std::option::Option::None)
            }

            fn validate_document(
                &self,
                document: &[u8],
            ) -> ::std::result::Result<(), ::mizan_core::error::FieldErrors> {
                ::mizan_core::private::check_constraints(
                    self,
                    ::std::option::Option::Some(document),
                )
            }
        }
    })
}

fn decode_output(parsed: &ClientFunction) -> TokenStream {
    let returned = &parsed.returned;
    let span = call_site_at(returned.span());
    let output = match &parsed.stream {
        Some(stream) => stream.part.to_token_stream(),
        // Has the same span as the other uses, because the compiler shows equal errors once for each span.
        None => quote_spanned! {span=>
            <#returned as ::mizan_core::private::FunctionResult>::Output
        },
    };
    quote_spanned! {span=>
        fn decode_output() -> ::std::option::Option<
            fn(&::std::primitive::str) -> ::std::option::Option<::std::string::String>
        > {
            #[allow(unused_imports)]
            use ::mizan_core::private::NotDecodable as _;
            <::mizan_core::private::Decodable<#output>>::decode()
        }
    }
}

/// Returns the method that returns the values by which limits count calls.
fn limit_key(parsed: &ClientFunction) -> Option<TokenStream> {
    let names = parsed.options.limits.arguments();
    if names.is_empty() {
        return None;
    }
    let arms = names.iter().filter_map(|(name, _)| {
        let argument = parsed.argument(name)?;
        let (field, ty) = (&argument.name, &argument.ty);
        Some(quote_spanned! {ty.span()=>
            #name => ::std::option::Option::Some(::mizan_core::private::limit_key(&self.#field)),
        })
    });
    Some(quote! {
        fn limit_key(
            &self,
            name: &::std::primitive::str,
        ) -> ::std::option::Option<::std::string::String> {
            match name {
                #(#arms)*
                _ => ::std::option::Option::None,
            }
        }
    })
}

fn authorize(options: &Options) -> Option<TokenStream> {
    let path = options.authorize.as_ref()?;
    let cx = hygienic_cx();
    Some(quote_spanned! {call_site_at(path.span())=>
        async fn authorize(
            &self,
            #cx: &::mizan_core::Cx,
        ) -> ::std::result::Result<::mizan_core::Decision, ::mizan_core::Error> {
            ::mizan_core::private::authorize::<Self, _>(#path, #cx, self).await
        }
    })
}

fn call(function: &ItemFn, parsed: &ClientFunction) -> TokenStream {
    let name = &function.sig.ident;
    let cx = hygienic_cx();
    let cx_argument = parsed.takes_cx.then(|| quote!(#cx,));
    let arguments = parsed.arguments.iter().map(|argument| &argument.name);
    let returned = call_site_at(parsed.returned.span());
    let call = quote_spanned!(returned=> #name(#cx_argument #(self.#arguments),*).await);
    let Some(stream) = &parsed.stream else {
        return quote_spanned! {returned=>
            async fn call(
                self,
                #cx: &::mizan_core::Cx,
            ) -> ::std::result::Result<Self::Output, Self::Error> {
                let _ = #cx;
                ::mizan_core::private::FunctionResult::into_result(#call)
            }
        };
    };
    let parts = Ident::new("parts", Span::mixed_site());
    let started = if stream.is_fallible {
        call
    } else {
        quote!(::std::result::Result::Ok(#call))
    };
    quote_spanned! {returned=>
        fn stream() -> ::std::option::Option<
            ::mizan_core::stream::StreamOutput<Self::Output>
        > {
            ::std::option::Option::Some(::mizan_core::stream::StreamOutput::new())
        }

        async fn call(
            self,
            #cx: &::mizan_core::Cx,
        ) -> ::std::result::Result<Self::Output, Self::Error> {
            ::mizan_core::private::start_stream(
                #cx,
                <Self as ::mizan_core::ServerFunction>::NAME,
                move |#parts| async move {
                    let #cx = #parts.cx();
                    let _ = #cx;
                    #parts.forward(#started).await
                },
            )
            .await
        }
    }
}

/// Returns a hygienic name for the context, which cannot collide with a function, an argument or a
/// check.
fn hygienic_cx() -> Ident {
    Ident::new("cx", Span::mixed_site())
}

fn wire_name(function: &ItemFn) -> String {
    function.sig.ident.unraw().to_string()
}

fn kind(options: &Options) -> Ident {
    let kind = match (options.context, options.query) {
        (Some(Context::Global), _) => "GlobalContext",
        (Some(Context::Local), _) => "LocalContext",
        (None, true) => "Query",
        (None, false) => "Mutation",
    };
    format_ident!("{kind}")
}
