use mizan_macros_syntax::{doc_text, of_macro, source};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, ItemFn};

use super::parse::{ClientFunction, Context, Options};
use super::state;
use crate::policy::Policy;

pub(crate) fn expand(function: &ItemFn, parsed: ClientFunction) -> TokenStream {
    let ClientFunction {
        options,
        takes_cx,
        cx,
        arguments,
        returned,
        input,
    } = parsed;
    let name = &function.sig.ident;
    let wire_name = name.unraw().to_string();
    let visibility = &function.vis;
    let docs = doc_text(&function.attrs);
    let input_docs = format!("The input of `{wire_name}`.");

    let fields = arguments.iter().map(|argument| {
        let (attributes, name, ty) = (&argument.attributes, &argument.name, &argument.ty);
        quote!(#(#attributes)* #visibility #name: #ty)
    });
    let is_validated = arguments.iter().any(|argument| {
        let mut attributes = argument.attributes.iter();
        attributes.any(|attribute| attribute.path().is_ident("validate"))
    });
    // The code that the derive writes for `nested` calls the trait's method by its name alone.
    let import_validate = is_validated.then(|| {
        quote! {
            #[allow(unused_imports)]
            use ::mizan_core::private::validator::Validate as _;
        }
    });
    let derive_validate = is_validated.then(|| {
        quote! {
            #[derive(::mizan_core::private::validator::Validate)]
            #[validate(crate = "::mizan_core::private::validator")]
        }
    });
    let validate = is_validated.then(|| {
        quote! {
            fn validate(
                &self,
            ) -> ::std::result::Result<(), ::mizan_core::error::FieldErrors> {
                ::mizan_core::validation::check_constraints(self)
            }
        }
    });

    // They come before the derived code, so that their errors do too.
    let checked = arguments
        .iter()
        .filter(|argument| !argument.is_read_otherwise());
    let checks = checked.map(|argument| {
        let ty = &argument.ty;
        quote_spanned!(ty.span()=> ::mizan_core::private::is_input::<#ty>();)
    });
    let output_and_error = quote_spanned! {of_macro(returned.span())=>
        type Output = <#returned as ::mizan_core::private::FunctionResult>::Output;
        type Error = <#returned as ::mizan_core::private::FunctionResult>::Error;
    };

    // Not a name that the function, an argument or a check may have too.
    let context = Ident::new("cx", Span::mixed_site());
    let kind = kind(&options);
    let policy = options.policy.as_ref();
    let policy = policy.map_or_else(|| quote!(::mizan_core::Policy::Unspecified), Policy::expand);
    let affects = &options.affects;
    let authorize = options.authorize.as_ref().map(|path| {
        quote_spanned! {of_macro(path.span())=>
            fn authorize(
                &self,
                #context: &::mizan_core::Cx,
            ) -> impl ::std::future::Future<Output = ::mizan_core::Decision> + ::std::marker::Send
            {
                #path(#context, self)
            }
        }
    });

    let required = cx
        .as_ref()
        .map(|cx| state::required(&function.block, cx))
        .unwrap_or_default();
    let required_state = (!required.is_empty()).then(|| {
        quote! {
            fn required_state() -> ::std::vec::Vec<::mizan_core::function::StateKey> {
                ::std::vec![#(::mizan_core::function::StateKey::of::<#required>()),*]
            }
        }
    });

    let cx = takes_cx.then(|| quote!(#context,));
    let values = arguments.iter().map(|argument| &argument.name);
    let call = quote_spanned! {of_macro(returned.span())=>
        async fn call(
            self,
            #context: &::mizan_core::Cx,
        ) -> ::std::result::Result<Self::Output, Self::Error> {
            let _ = #context;
            ::mizan_core::private::FunctionResult::into_result(#name(#cx #(self.#values),*).await)
        }
    };
    let source = source(name);

    quote! {
        #function

        const _: () = {
            #(#checks)*
        };

        #import_validate

        #[doc = #input_docs]
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

        #[allow(deprecated)]
        impl ::mizan_core::ServerFunction for #input {
            #output_and_error
            const NAME: &'static str = #wire_name;
            const KIND: ::mizan_core::function::FunctionKind = ::mizan_core::function::FunctionKind::#kind;
            const POLICY: ::mizan_core::Policy = #policy;
            const AFFECTS: &'static [&'static str] = &[#(#affects),*];
            const DOCS: &'static str = #docs;
            const SOURCE: ::std::option::Option<::mizan_core::function::Source> =
                ::std::option::Option::Some(#source);
            #required_state
            #validate
            #authorize

            #call
        }
    }
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
