//! The code that the derive macro emits.

use heck::ToUpperCamelCase;
use mizan_macros_syntax::{
    Constraints, SerdeAttributes, as_number, boxed_call, doc_text, required_state, source,
};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, DeriveInput, Field, Ident, Meta, Result, Token, parse_quote};

use super::custom::{CustomConstraint, is_cow};
use super::field::{Choices, FieldOptions};
use super::options::FormOptions;

pub(crate) fn expand(input: &DeriveInput, fields: &[Field]) -> Result<TokenStream> {
    let options = FormOptions::parse_attributes(&input.attrs)?;
    let serde = SerdeAttributes::parse(&input.attrs)?;
    let fields: Vec<_> = fields
        .iter()
        .map(|field| FormField::parse(field, &serde))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    let name = &input.ident;
    let attributes = fields.iter().map(|field| field.attributes(&fields));
    let (members, wrappers): (Vec<_>, Vec<_>) = fields.iter().map(FormField::member).unzip();
    let initializers = fields.iter().map(FormField::initializer);
    check_limited_fields(&options, &fields)?;
    let params = Params::of(input, &options, &fields)?;
    let params_struct = params.definition(input, &options);
    let form = options
        .name
        .is_some()
        .then(|| form_impl(input, &options, &params));

    Ok(quote! {
        #params_struct

        const _: () = {
            #[allow(unused_imports)]
            use ::mizan_forms::private::validator::Validate as _;

            #(#wrappers)*

            /// The decoded fields, with their constraints.
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
                        #(#initializers),*
                    }
                }
            }

            #form
        };
    })
}

/// Checks that the form has the fields by which its limits count.
fn check_limited_fields(options: &FormOptions, fields: &[FormField<'_>]) -> Result<()> {
    for (name, span) in options.limits.arguments() {
        if !fields.iter().any(|field| field.wire == name) {
            let known: Vec<_> = fields
                .iter()
                .map(|field| format!("`input.{}`", field.wire))
                .collect();
            let message = format!(
                "the limit counts by the field `{name}`, which the form does not have; it can count by {}",
                known.join(", ")
            );
            return Err(syn::Error::new(span, message));
        }
    }
    Ok(())
}

/// Returns the implementation of `Form`.
fn form_impl(input: &DeriveInput, options: &FormOptions, params: &Params<'_>) -> TokenStream {
    let name = &input.ident;
    let params_type = params.ty();
    let decode_params = params.decode();
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
    let limits = options.limits.expand();
    let required_state = required_state(&options.state);
    let docs = doc_text(&input.attrs);
    let source = source(name);
    quote! {
        impl ::mizan_forms::Form for #name {
            type Params = #params_type;
            const NAME: &'static str = #form_name;
            const SCHEMA: &'static str = ::std::concat!(#form_name, ".schema");
            const STATE: &'static str = ::std::concat!(#form_name, ".state");
            const VALIDATE: &'static str = ::std::concat!(#form_name, ".validate");
            const SUBMIT: &'static str = ::std::concat!(#form_name, ".submit");
            const TITLE: ::std::option::Option<&'static str> = #title;
            const REDIRECT: ::std::option::Option<&'static str> = #redirect;
            const POLICY: ::mizan_core::Policy = #policy;
            const AFFECTS: &'static [::mizan_core::function::Affected] = &[#(#affects),*];
            #limits
            const DOCS: &'static str = #docs;
            const SOURCE: ::std::option::Option<::mizan_core::function::Source> =
                ::std::option::Option::Some(#source);

            #required_state

            fn decode_params(
                values: &::mizan_forms::private::serde_json::Value,
                decoder: &mut ::mizan_forms::private::FieldDecoder,
            ) -> ::std::option::Option<Self::Params> {
                #decode_params
            }

            fn definition() -> &'static ::mizan_forms::FormDefinition {
                static DEFINITION: ::std::sync::OnceLock<::mizan_forms::FormDefinition> =
                    ::std::sync::OnceLock::new();
                DEFINITION.get_or_init(::mizan_forms::private::define_form::<#name>)
            }
        }
    }
}

/// The fields of a form that are params.
struct Params<'a> {
    name: Ident,
    fields: Vec<&'a FormField<'a>>,
}

impl<'a> Params<'a> {
    fn of(input: &DeriveInput, options: &FormOptions, fields: &'a [FormField<'a>]) -> Result<Self> {
        let fields: Vec<_> = fields
            .iter()
            .filter(|field| field.options.param.is_some())
            .collect();
        let option = fields
            .first()
            .and_then(|field| field.options.param.as_ref());
        if let (Some(option), None) = (option, &options.name) {
            return Err(syn::Error::new(
                option.span(),
                "only a form has params: move the field to the struct with `#[form(name = \"..\")]`",
            ));
        }
        Ok(Self {
            name: format_ident!("{}Params", input.ident),
            fields,
        })
    }

    fn ty(&self) -> TokenStream {
        if self.fields.is_empty() {
            return quote!(::mizan_forms::NoParams);
        }
        self.name.to_token_stream()
    }

    /// Returns the definition of the struct, if the form has params.
    fn definition(&self, input: &DeriveInput, options: &FormOptions) -> Option<TokenStream> {
        if self.fields.is_empty() {
            return None;
        }
        let (name, visibility) = (&self.name, &input.vis);
        let form = options.name.as_ref().map(syn::LitStr::value);
        let docs = format!("The params of the form `{}`.", form.unwrap_or_default());
        let fields = self.fields.iter().map(|field| {
            let (visibility, ident, ty) = (&field.field.vis, field.ident, &field.field.ty);
            let docs = field.field.attrs.iter();
            let docs = docs.filter(|attribute| attribute.path().is_ident("doc"));
            quote!(#(#docs)* #[allow(missing_docs)] #visibility #ident: #ty)
        });
        Some(quote! {
            #[doc = #docs]
            #[allow(dead_code)]
            #visibility struct #name {
                #(#fields),*
            }
        })
    }

    /// Returns the body of `Form::decode_params`.
    fn decode(&self) -> TokenStream {
        if self.fields.is_empty() {
            return quote! {
                let _ = (values, decoder);
                ::std::option::Option::Some(::mizan_forms::NoParams)
            };
        }
        let name = &self.name;
        let idents: Vec<_> = self.fields.iter().map(|field| field.ident).collect();
        let decoded = self.fields.iter().map(|field| {
            let (ident, ty, wire) = (field.ident, &field.field.ty, &field.wire);
            match &field.serde.deserialize_with {
                Some(decode) => {
                    quote!(let #ident = decoder.param(values, #wire, |value| #decode(value));)
                }
                None => quote! {
                    let #ident = decoder.param(values, #wire, |value| {
                        <#ty as ::mizan_forms::private::serde::Deserialize>::deserialize(value)
                    });
                },
            }
        });
        quote! {
            #(#decoded)*
            ::std::option::Option::Some(#name {
                #(#idents: #idents?),*
            })
        }
    }
}

struct FormField<'a> {
    field: &'a Field,
    ident: &'a Ident,
    wire: String,
    serde: SerdeAttributes,
    options: FieldOptions,
    /// The field is an integer of 64 or more bits that is a `number` in JavaScript.
    as_number: bool,
    constraints: Constraints,
}

impl<'a> FormField<'a> {
    /// Parses a field. Returns `None` if serde skips it.
    fn parse(field: &'a Field, container: &SerdeAttributes) -> Result<Option<Self>> {
        let mut serde = SerdeAttributes::parse(&field.attrs)?;
        if serde.skip {
            return Ok(None);
        }
        let as_number = as_number(&field.attrs)?;
        if let Some(span) = as_number {
            if serde.deserialize_with.is_some() {
                return Err(syn::Error::new(
                    span,
                    "`as_number` sets the encoding of the field, and so does its `#[serde(..)]`; \
                     remove one",
                ));
            }
            let ty = &field.ty;
            serde.deserialize_with =
                Some(parse_quote!(::mizan_core::wire::AsNumber::<#ty>::deserialize));
        }
        if let Some(flatten) = &serde.flatten {
            return Err(syn::Error::new_spanned(
                flatten,
                "`#[serde(flatten)]` is not supported in a form: declare the fields directly, or nest \
                 the struct with `#[validate(nested)]`",
            ));
        }
        let Some(ident) = &field.ident else {
            return Ok(None);
        };
        let name = ident.unraw().to_string();
        let wire = serde.wire_name(&name, container)?;
        if wire.is_empty() || wire.starts_with("__") || wire.contains(['.', '*']) || is_index(&wire)
        {
            return Err(syn::Error::new(
                ident.span(),
                format!(
                    "`{wire}` is not a valid field name in a form: a name must not be empty or a number, \
                     start with `__`, or contain `.` or `*`; change it with `#[serde(rename = \"..\")]`"
                ),
            ));
        }
        Ok(Some(Self {
            field,
            ident,
            wire,
            options: FieldOptions::parse(&field.attrs)?,
            as_number: as_number.is_some(),
            constraints: Constraints::parse(&field.attrs)?,
            serde,
        }))
    }

    /// Returns the `FieldAttributes` expression.
    fn attributes(&self, all: &[Self]) -> TokenStream {
        let Self {
            wire,
            options,
            constraints,
            ..
        } = self;
        let name = self.ident.unraw().to_string();
        let ty = &self.field.ty;
        let mut members = Vec::new();
        let mut set = |name: &str, value: TokenStream| {
            let name = Ident::new(name, Span::call_site());
            members.push(quote!(#name: #value));
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
                set(name, some(&text));
            }
        }
        if let Some(widget) = &options.widget {
            let variant = format_ident!("{}", widget.value().to_upper_camel_case());
            set("widget", some(&quote!(::mizan_forms::Widget::#variant)));
        }
        if let Some(initial) = &options.initial {
            set(
                "initial",
                some(&quote!(|| ::mizan_forms::private::initial(#initial))),
            );
        }
        match &options.choices {
            Some(Choices::Static(choices)) => {
                let pairs = choices
                    .iter()
                    .map(|(value, label)| quote!((#value, #label)));
                set("static_choices", quote!(&[#(#pairs),*]));
            }
            Some(Choices::Dynamic(path)) => set("dynamic_choices", some(&boxed_call(path))),
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
                Some(number) if name == "order" => set(name, number.to_token_stream()),
                Some(number) => set(name, some(number)),
                None => {}
            }
        }
        let flags = [
            ("param", options.param.is_some()),
            ("server_only", options.server_only),
            ("disabled", options.disabled),
            ("blank", options.blank),
            ("default", self.serde.default),
            ("as_number", self.as_number),
        ];
        for (name, flag) in flags {
            if flag {
                set(name, quote!(true));
            }
        }
        let accept = &options.accept;
        if !accept.is_empty() {
            set("accept", quote!(&[#(#accept),*]));
        }
        let messages = constraints.messages.iter();
        let messages: Vec<_> = messages
            .map(|(name, text)| quote!((#name, #text)))
            .collect();
        if !messages.is_empty() {
            set("messages", quote!(&[#(#messages),*]));
        }
        let checks = constraints.checks(|other| {
            let named = all.iter().find(|field| field.ident.unraw() == other);
            named.map_or(other, |field| &field.wire).to_owned()
        });
        if !checks.is_empty() {
            set("checks", some(&json_object(&checks)));
        }
        let bounds = constraints.exclusive_bounds();
        if !bounds.is_empty() {
            set("exclusive_bounds", some(&json_object(&bounds)));
        }
        if !constraints.nested && self.serde.deserialize_with.is_none() {
            set(
                "variants",
                some(&quote!(::mizan_forms::private::enum_variants::<#ty>)),
            );
        }
        if constraints.nested {
            let nested = quote_spanned! {ty.span().resolved_at(Span::call_site())=>
                <#ty as ::mizan_forms::FormFields>::attributes
            };
            set("nested", some(&nested));
        }
        quote! {
            ::mizan_forms::private::FieldAttributes {
                #(#members,)*
                ..::mizan_forms::private::FieldAttributes::new(#name, #wire)
            }
        }
    }

    /// Returns the field of `Partial`, and the functions that its constraints call.
    fn member(&self) -> (TokenStream, TokenStream) {
        let (ident, ty) = (self.ident, &self.field.ty);
        let mut constraints = Vec::new();
        let mut wrappers = Vec::new();
        for attribute in &self.field.attrs {
            if attribute.path().is_ident("validate") {
                constraints.push(self.constraints(attribute, &mut wrappers));
            }
        }
        let ty = if self.constraints.nested {
            quote!(<#ty as ::mizan_forms::FormFields>::Partial)
        } else {
            quote!(#ty)
        };
        let member = quote!(#(#constraints)* pub #ident: ::std::option::Option<#ty>);
        (member, quote!(#(#wrappers)*))
    }

    /// Returns the constraints of an attribute that also apply to `Partial`.
    ///
    /// `must_match` does not apply, because it compares two fields of which one may be missing. A
    /// nested field has only `nested` and `length`, because a custom function takes the original type.
    fn constraints(&self, attribute: &Attribute, wrappers: &mut Vec<TokenStream>) -> TokenStream {
        let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
        let Ok(constraints) = attribute.parse_args_with(parse) else {
            return quote!(#attribute);
        };
        let mut kept = Vec::new();
        for constraint in &constraints {
            let is = |name| constraint.path().is_ident(name);
            let applies = if self.constraints.nested {
                is("nested") || is("length")
            } else {
                !is("must_match")
            };
            if !applies {
                continue;
            }
            kept.push(match CustomConstraint::parse(constraint) {
                Some(custom) if !is_cow(&self.field.ty) => {
                    let name = format_ident!("custom_{}_{}", self.ident.unraw(), wrappers.len());
                    wrappers.push(custom.wrapper(&name, &self.field.ty));
                    let others = &custom.others;
                    quote!(custom(function = #name, #(#others),*))
                }
                _ => constraint.to_token_stream(),
            });
        }
        if kept.is_empty() {
            return TokenStream::new();
        }
        quote!(#[validate(#(#kept),*)])
    }

    /// Returns the initializer of the field in `Partial`.
    fn initializer(&self) -> TokenStream {
        let (ident, ty, wire) = (self.ident, &self.field.ty, &self.wire);
        match &self.serde.deserialize_with {
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

/// Returns a function that creates a JSON object.
fn json_object(members: &[(&str, TokenStream)]) -> TokenStream {
    let members = members.iter().map(|(name, value)| quote!(#name: #value));
    quote!(|| ::mizan_forms::private::serde_json::json!({ #(#members),* }))
}
