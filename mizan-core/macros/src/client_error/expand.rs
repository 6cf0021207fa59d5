//! The output of `#[derive(ClientError)]`.

use mizan_macros_syntax::call_site_at;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::parse::{DataField, Declared, ErrorEnum, ErrorVariant};

pub(crate) fn expand(parsed: &ErrorEnum) -> TokenStream {
    let ErrorEnum {
        ident,
        name,
        docs,
        variants,
    } = parsed;
    let declared = variants.iter().filter_map(|variant| match variant {
        ErrorVariant::Declared(declared) => Some(declared),
        ErrorVariant::Transparent { .. } => None,
    });
    let checks = declared.clone().map(|declared| checks(declared));
    let declarations = declared.map(|declared| declaration(declared));
    let arms = variants.iter().map(|variant| match variant {
        ErrorVariant::Declared(declared) => arm(declared),
        ErrorVariant::Transparent { ident, ty, .. } => {
            let error = Ident::new("error", call_site_at(ty.span()));
            quote!(Self::#ident(error) => #error)
        }
    });
    let conversions = variants.iter().filter_map(|variant| match variant {
        ErrorVariant::Transparent {
            ident: variant,
            is_internal: true,
            ..
        } => Some(quote! {
            impl<E: ::std::convert::Into<::mizan_core::Error>> ::std::convert::From<E> for #ident {
                fn from(error: E) -> Self {
                    Self::#variant(error.into())
                }
            }
        }),
        ErrorVariant::Transparent {
            ident: variant, ty, ..
        } => Some(quote! {
            impl ::std::convert::From<#ty> for #ident {
                fn from(error: #ty) -> Self {
                    Self::#variant(error)
                }
            }
        }),
        ErrorVariant::Declared(_) => None,
    });
    quote! {
        const _: () = {
            #(#checks)*
        };

        impl ::mizan_core::ClientError for #ident {
            fn declaration(
                schemas: &mut ::mizan_core::private::schemars::SchemaGenerator,
            ) -> ::std::option::Option<::mizan_core::error::ErrorDeclaration> {
                let _ = &schemas;
                ::std::option::Option::Some(
                    ::mizan_core::error::ErrorDeclaration::new(
                        #name,
                        ::std::vec![#(#declarations),*],
                    )
                    .with_docs(#docs),
                )
            }

            fn into_error(self) -> ::mizan_core::Error {
                match self {
                    #(#arms),*
                }
            }
        }

        #(#conversions)*
    }
}

/// Checks the code and the data of a variant. The generated code calls `is_common`, because only
/// `mizan-core` has the list of common codes.
fn checks(declared: &Declared) -> TokenStream {
    let code = &declared.code;
    let data = declared
        .fields
        .iter()
        .map(|DataField { ty, .. }| {
            quote_spanned!(ty.span()=> ::mizan_core::private::is_output::<#ty>();)
        });
    let message = format!(
        "the code `{0}` is reserved, because every function can fail with it; choose another one, as \
         in `#[client_error(code = \"post_{0}\")]`",
        code.value()
    );
    quote_spanned! {code.span()=>
        ::std::assert!(!::mizan_core::ErrorCode::is_common(#code), #message);
        #(#data)*
    }
}

fn declaration(declared: &Declared) -> TokenStream {
    let Declared {
        code,
        status,
        field,
        docs,
        fields,
        ..
    } = declared;
    let field = field.as_ref().map(|field| quote!(.with_field(#field)));
    let data = fields.iter().map(|field| {
        let (name, ty) = (field.name.unraw().to_string(), &field.ty);
        if field.as_number {
            quote!(.with_data::<::mizan_core::wire::AsNumber<#ty>>(#name, schemas))
        } else {
            quote!(.with_data::<#ty>(#name, schemas))
        }
    });
    quote! {
        ::mizan_core::error::ErrorVariant::new(#code, #status)
            .with_docs(#docs)
            #field
            #(#data)*
    }
}

fn arm(declared: &Declared) -> TokenStream {
    let Declared {
        ident,
        code,
        status,
        field,
        message,
        fields,
        ..
    } = declared;
    let names = fields.iter().map(|field| &field.name);
    // Hygienic names cannot collide with the names of fields.
    let [text, error, value] =
        ["text", "error", "value"].map(|name| Ident::new(name, Span::mixed_site()));
    let data = fields.iter().map(|DataField { name, ty, as_number }| {
        let wire_name = name.unraw().to_string();
        let name = if *as_number {
            quote!(::mizan_core::wire::AsNumber::<#ty>::encoded(&#name))
        } else {
            name.to_token_stream()
        };
        quote! {
            match ::mizan_core::private::encode_data(#wire_name, &#name) {
                ::std::result::Result::Ok(#value) => #error = #error.with_data(#wire_name, #value),
                ::std::result::Result::Err(#error) => {
                    return ::mizan_core::Error::internal(#error);
                }
            }
        }
    });
    let declared = match field {
        Some(field) => quote! {
            ::mizan_core::Error::declared(#code, #status, ::std::clone::Clone::clone(&#text))
                .with_field(#field, #text)
        },
        None => quote!(::mizan_core::Error::declared(#code, #status, #text)),
    };
    quote! {
        Self::#ident { #(#names),* } => {
            let #text = ::std::format!(#message);
            #[allow(unused_mut)]
            let mut #error = #declared;
            #(#data)*
            #error
        }
    }
}
