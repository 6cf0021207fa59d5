use heck::ToUpperCamelCase;
use mizan_macros_syntax::{boxed_call, doc_text, source};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, DeriveInput, Field, Ident, Meta, Result, Token};

use super::constraints::Constraints;
use super::field::{Choices, FieldOptions};
use super::options::FormOptions;
use super::serde_names::{Serde, renamed};

pub(crate) fn expand(input: &DeriveInput, fields: &[Field]) -> Result<TokenStream> {
    let options = FormOptions::of(&input.attrs)?;
    let serde = Serde::parse(&input.attrs)?;
    let fields: Vec<_> = fields
        .iter()
        .map(|field| FormField::parse(field, &serde))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    let name = &input.ident;
    let attributes = fields.iter().map(FormField::attributes);
    let members = fields.iter().map(FormField::member);
    let decoded = fields.iter().map(FormField::decoded);
    let form = options.name.is_some().then(|| form(input, &options));

    Ok(quote! {
        const _: () = {
            #[allow(unused_imports)]
            use ::mizan_forms::private::validator::Validate as _;

            /// The fields that could be decoded, for the constraints on them.
            #[derive(::mizan_forms::private::validator::Validate)]
            #[validate(crate = "::mizan_forms::private::validator")]
            #[allow(missing_docs, unreachable_pub)]
            pub struct Partial {
                #(#members),*
            }

            impl ::mizan_forms::private::serde::Serialize for Partial {
                fn serialize<S: ::mizan_forms::private::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::std::result::Result<S::Ok, S::Error> {
                    serializer.serialize_unit()
                }
            }

            impl ::mizan_forms::FormFields for #name {
                type Partial = Partial;

                fn attributes() -> &'static [::mizan_forms::private::FieldAttributes] {
                    static ATTRIBUTES: &[::mizan_forms::private::FieldAttributes] =
                        &[#(#attributes),*];
                    ATTRIBUTES
                }

                fn decode(
                    values: &::mizan_forms::private::serde_json::Value,
                    decoder: &mut ::mizan_forms::private::FieldDecoder,
                ) -> Partial {
                    decoder.expect_object(values);
                    Partial {
                        #(#decoded),*
                    }
                }
            }

            #form
        };
    })
}

fn form(input: &DeriveInput, options: &FormOptions) -> TokenStream {
    let name = &input.ident;
    let form_name = &options.name;
    let title = match &options.title {
        Some(title) => quote!(::std::option::Option::Some(#title)),
        None => quote!(::std::option::Option::None),
    };
    let redirect = match &options.redirect {
        Some(path) => quote!(::std::option::Option::Some(#path)),
        None => quote!(::std::option::Option::None),
    };
    let policy = match &options.auth {
        Some(auth) => quote!(::mizan_core::policy!(#auth)),
        None => quote!(::mizan_core::Policy::Unspecified),
    };
    let affects = &options.affects;
    let docs = doc_text(&input.attrs);
    let source = source(name);
    quote! {
        impl ::mizan_forms::Form for #name {
            const NAME: &'static str = #form_name;
            const SCHEMA: &'static str = ::std::concat!(#form_name, ".schema");
            const STATE: &'static str = ::std::concat!(#form_name, ".state");
            const VALIDATE: &'static str = ::std::concat!(#form_name, ".validate");
            const SUBMIT: &'static str = ::std::concat!(#form_name, ".submit");
            const TITLE: ::std::option::Option<&'static str> = #title;
            const REDIRECT: ::std::option::Option<&'static str> = #redirect;
            const POLICY: ::mizan_core::Policy = #policy;
            const AFFECTS: &'static [&'static str] = &[#(#affects),*];
            const DOCS: &'static str = #docs;
            const SOURCE: ::std::option::Option<::mizan_core::function::Source> =
                ::std::option::Option::Some(#source);

            fn definition() -> &'static ::mizan_forms::FormDefinition {
                static DEFINITION: ::std::sync::OnceLock<::mizan_forms::FormDefinition> =
                    ::std::sync::OnceLock::new();
                DEFINITION.get_or_init(::mizan_forms::private::define_form::<#name>)
            }
        }
    }
}

struct FormField<'a> {
    field: &'a Field,
    ident: &'a Ident,
    wire: String,
    serde: Serde,
    options: FieldOptions,
    constraints: Constraints,
}

impl<'a> FormField<'a> {
    /// The field, unless serde leaves it out.
    fn parse(field: &'a Field, container: &Serde) -> Result<Option<Self>> {
        let serde = Serde::parse(&field.attrs)?;
        if serde.skip {
            return Ok(None);
        }
        if let Some(flatten) = &serde.flatten {
            return Err(syn::Error::new_spanned(
                flatten,
                "a form cannot flatten a struct, since the messages for its fields would have no \
                 place: write its fields out, or nest it with `#[validate(nested)]`",
            ));
        }
        let Some(ident) = &field.ident else {
            return Ok(None);
        };
        let name = ident.unraw().to_string();
        let wire = match (&serde.rename, &container.rename_all) {
            (Some(name), _) => name.clone(),
            (None, Some(rule)) => renamed(&name, rule)?,
            (None, None) => name,
        };
        if wire.is_empty() || wire.starts_with("__") || wire.contains(['.', '*']) || is_index(&wire)
        {
            return Err(syn::Error::new(
                ident.span(),
                format!(
                    "`{wire}` cannot be the name of a form's field: it is empty or a number, begins \
                     with `__`, or has a `.` or a `*`; give it another with `#[serde(rename = \"..\")]`"
                ),
            ));
        }
        Ok(Some(Self {
            field,
            ident,
            wire,
            options: FieldOptions::of(&field.attrs)?,
            constraints: Constraints::parse(&field.attrs)?,
            serde,
        }))
    }

    /// The value of the type `FieldAttributes`.
    fn attributes(&self) -> TokenStream {
        let Self {
            wire,
            options,
            constraints,
            ..
        } = self;
        let name = self.ident.unraw().to_string();
        let ty = &self.field.ty;
        let mut given = Vec::new();
        let mut give = |name: &str, value: TokenStream| {
            let name = Ident::new(name, Span::call_site());
            given.push(quote!(#name: #value));
        };
        let some = |value: &dyn ToTokens| quote!(::std::option::Option::Some(#value));

        let docs = doc_text(&self.field.attrs);
        let help = options.help.as_ref().map(|help| help.value());
        let help = help.or((!docs.is_empty()).then_some(docs));
        let texts = [
            ("label", options.label.as_ref().map(|text| text.value())),
            ("help", help),
            (
                "placeholder",
                options.placeholder.as_ref().map(|text| text.value()),
            ),
            (
                "autocomplete",
                options.autocomplete.as_ref().map(|text| text.value()),
            ),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                give(name, some(&text));
            }
        }
        if let Some(widget) = &options.widget {
            let variant = format_ident!("{}", widget.value().to_upper_camel_case());
            give("widget", some(&quote!(::mizan_forms::Widget::#variant)));
        }
        if let Some(initial) = &options.initial {
            give(
                "initial",
                some(&quote!(|| ::mizan_forms::private::initial(#initial))),
            );
        }
        match &options.choices {
            Some(Choices::Static(listed)) => {
                let pairs = listed.iter().map(|(value, label)| quote!((#value, #label)));
                give("static_choices", quote!(&[#(#pairs),*]));
            }
            Some(Choices::Dynamic(path)) => give("dynamic_choices", some(&boxed_call(path))),
            None => {}
        }
        let step = options.step.map(Literal::f64_suffixed);
        let numbers: [(&str, Option<&dyn ToTokens>); 4] = [
            ("order", options.order.as_ref().map(|n| n as &dyn ToTokens)),
            ("rows", options.rows.as_ref().map(|n| n as &dyn ToTokens)),
            ("step", step.as_ref().map(|n| n as &dyn ToTokens)),
            (
                "max_bytes",
                options.max_bytes.as_ref().map(|n| n as &dyn ToTokens),
            ),
        ];
        for (name, number) in numbers {
            match number {
                Some(number) if name == "order" => give(name, number.to_token_stream()),
                Some(number) => give(name, some(number)),
                None => {}
            }
        }
        let flags = [
            ("hidden", options.hidden),
            ("disabled", options.disabled),
            ("blank", options.blank),
            ("default", self.serde.default),
        ];
        for (name, flag) in flags {
            if flag {
                give(name, quote!(true));
            }
        }
        let accept = &options.accept;
        if !accept.is_empty() {
            give("accept", quote!(&[#(#accept),*]));
        }
        let messages = constraints.messages.iter();
        let messages: Vec<_> = messages
            .map(|(name, text)| quote!((#name, #text)))
            .collect();
        if !messages.is_empty() {
            give("messages", quote!(&[#(#messages),*]));
        }
        if constraints.nested {
            let nested = quote_spanned! {ty.span().resolved_at(Span::call_site())=>
                <#ty as ::mizan_forms::FormFields>::attributes
            };
            give("nested", some(&nested));
        }
        quote! {
            ::mizan_forms::private::FieldAttributes {
                #(#given,)*
                ..::mizan_forms::private::FieldAttributes::new(#name, #wire)
            }
        }
    }

    /// The field of `Partial`.
    fn member(&self) -> TokenStream {
        let (ident, ty) = (self.ident, &self.field.ty);
        let constraints = self.field.attrs.iter();
        let constraints = constraints
            .filter(|attribute| attribute.path().is_ident("validate"))
            .map(|attribute| self.constraint(attribute));
        let ty = if self.constraints.nested {
            quote!(<#ty as ::mizan_forms::FormFields>::Partial)
        } else {
            quote!(#ty)
        };
        quote!(#(#constraints)* pub #ident: ::std::option::Option<#ty>)
    }

    /// The constraints of an attribute that hold for `Partial` too. Functions take the group's type.
    fn constraint(&self, attribute: &Attribute) -> TokenStream {
        let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
        match attribute.parse_args_with(parse) {
            Ok(constraints) if self.constraints.nested => {
                let kept = constraints.iter().filter(|constraint| {
                    ["nested", "length"]
                        .iter()
                        .any(|name| constraint.path().is_ident(name))
                });
                quote!(#[validate(#(#kept),*)])
            }
            _ => quote!(#attribute),
        }
    }

    /// The field's value in `Partial`.
    fn decoded(&self) -> TokenStream {
        let (ident, ty, wire) = (self.ident, &self.field.ty, &self.wire);
        match &self.serde.decode {
            _ if self.constraints.nested => {
                quote!(#ident: decoder.nested(
                    values,
                    #wire,
                    <#ty as ::mizan_forms::FormFields>::decode,
                ))
            }
            Some(decode) => {
                quote!(#ident: decoder.field_with(values, #wire, |value| #decode(value)))
            }
            None => quote!(#ident: decoder.field::<#ty>(values, #wire)),
        }
    }
}

fn is_index(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}
