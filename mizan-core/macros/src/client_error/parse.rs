//! The variants and options of an error enum.

use heck::ToSnakeCase;
use mizan_macros_syntax::doc_text;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitInt, LitStr, Result, Type, Variant};

use crate::encoding::take_as_number;

pub(crate) struct ErrorEnum {
    pub(crate) ident: Ident,
    /// The name of the type in the generated client.
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) variants: Vec<ErrorVariant>,
}

pub(crate) enum ErrorVariant {
    Declared(Box<Declared>),
    /// Contains a `mizan_core::Error`, which is sent unchanged.
    Transparent {
        ident: Ident,
        ty: Box<Type>,
        /// `?` converts every error into this variant, not only a `mizan_core::Error`.
        is_internal: bool,
    },
}

pub(crate) struct Declared {
    pub(crate) ident: Ident,
    pub(crate) code: LitStr,
    pub(crate) status: u16,
    pub(crate) field: Option<LitStr>,
    pub(crate) message: LitStr,
    pub(crate) docs: String,
    pub(crate) fields: Vec<DataField>,
}

/// A field of a variant, which the client receives.
pub(crate) struct DataField {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// `#[client(as_number)]`
    pub(crate) as_number: bool,
}

impl ErrorEnum {
    pub(crate) fn parse(item: &DeriveInput) -> Result<Self> {
        let Data::Enum(data) = &item.data else {
            return Err(syn::Error::new(
                item.ident.span(),
                "`ClientError` can be derived only for an enum with one variant for each failure",
            ));
        };
        if !item.generics.params.is_empty() {
            return Err(syn::Error::new(
                item.generics.span(),
                "an error for clients cannot be generic; use concrete types",
            ));
        }
        let mut name = item.ident.to_string();
        for attribute in client_error_attributes(&item.attrs) {
            attribute.parse_nested_meta(|meta| {
                if !meta.path.is_ident("name") {
                    return Err(meta.error("the only option on the enum is `name = \"..\"`"));
                }
                name = meta.value()?.parse::<LitStr>()?.value();
                Ok(())
            })?;
        }
        let variants = data
            .variants
            .iter()
            .map(variant)
            .collect::<Result<Vec<_>>>()?;
        check_codes(&variants)?;
        check_transparent(&variants)?;
        Ok(Self {
            ident: item.ident.clone(),
            name,
            docs: doc_text(&item.attrs),
            variants,
        })
    }
}

fn client_error_attributes(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("client_error"))
}

/// The options of a variant, with their defaults.
struct VariantOptions {
    code: LitStr,
    status: u16,
    field: Option<LitStr>,
    message: LitStr,
    is_transparent: bool,
    is_internal: bool,
}

impl VariantOptions {
    fn parse(variant: &Variant) -> Result<Self> {
        let ident = &variant.ident;
        let snake = ident.to_string().to_snake_case();
        let mut options = Self {
            code: LitStr::new(&snake, ident.span()),
            status: 422,
            field: None,
            message: LitStr::new(&snake.replace('_', " "), ident.span()),
            is_transparent: false,
            is_internal: false,
        };
        let mut seen = Vec::new();
        for attribute in client_error_attributes(&variant.attrs) {
            attribute.parse_nested_meta(|meta| {
                let option = meta
                    .path
                    .get_ident()
                    .map(Ident::to_string)
                    .unwrap_or_default();
                if seen.contains(&option) {
                    return Err(meta.error(format!("duplicate option `{option}`")));
                }
                match option.as_str() {
                    "transparent" => options.is_transparent = true,
                    "internal" => options.is_internal = true,
                    "code" => options.code = error_code(meta.value()?.parse()?)?,
                    "status" => options.status = error_status(&meta.value()?.parse()?)?,
                    "field" => options.field = Some(meta.value()?.parse()?),
                    "message" => options.message = meta.value()?.parse()?,
                    _ => {
                        return Err(meta.error(format!(
                            "unknown option `{option}`; the options are `code`, `status`, `field`, \
                             `message`, `transparent` and `internal`"
                        )));
                    }
                }
                seen.push(option);
                Ok(())
            })?;
        }
        if (options.is_transparent || options.is_internal) && seen.len() > 1 {
            let option = if options.is_internal {
                "an internal"
            } else {
                "a transparent"
            };
            return Err(syn::Error::new(
                ident.span(),
                format!(
                    "{option} variant sends the error that it contains; remove the other options"
                ),
            ));
        }
        Ok(options)
    }
}

fn variant(variant: &Variant) -> Result<ErrorVariant> {
    let options = VariantOptions::parse(variant)?;
    if options.is_transparent || options.is_internal {
        return transparent(variant, options.is_internal);
    }
    Ok(ErrorVariant::Declared(Box::new(Declared {
        ident: variant.ident.clone(),
        code: options.code,
        status: options.status,
        field: options.field,
        message: options.message,
        docs: doc_text(&variant.attrs),
        fields: named_fields(variant)?,
    })))
}

fn transparent(variant: &Variant, is_internal: bool) -> Result<ErrorVariant> {
    let ident = &variant.ident;
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Ok(ErrorVariant::Transparent {
            ident: ident.clone(),
            ty: Box::new(fields.unnamed[0].ty.clone()),
            is_internal,
        }),
        _ => Err(syn::Error::new(
            ident.span(),
            format!("this variant must contain one error: `{ident}(mizan_core::Error)`"),
        )),
    }
}

fn named_fields(variant: &Variant) -> Result<Vec<DataField>> {
    let ident = &variant.ident;
    match &variant.fields {
        Fields::Unit => Ok(Vec::new()),
        Fields::Named(fields) => fields
            .named
            .iter()
            .filter_map(|field| Some((field.ident.clone()?, field)))
            .map(|(name, field)| {
                Ok(DataField {
                    name,
                    ty: field.ty.clone(),
                    as_number: take_as_number(&mut field.attrs.clone())?.is_some(),
                })
            })
            .collect(),
        Fields::Unnamed(fields) => Err(syn::Error::new(
            fields.span(),
            format!(
                "a variant must have named fields, because the client reads them by name: \
                 `{ident} {{ by: String }}`; use `#[client_error(internal)]` if it contains a \
                 `mizan_core::Error`"
            ),
        )),
    }
}

fn error_code(code: LitStr) -> Result<LitStr> {
    let text = code.value();
    let is_valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(is_valid) {
        Ok(code)
    } else {
        Err(syn::Error::new(
            code.span(),
            "an error code must start with a lower-case ASCII letter, followed by lower-case letters, \
             digits and `_`, as in \"already_taken\"",
        ))
    }
}

fn error_status(status: &LitInt) -> Result<u16> {
    let value = status.base10_parse()?;
    if (400..600).contains(&value) {
        Ok(value)
    } else {
        Err(syn::Error::new(
            status.span(),
            "the HTTP status of an error must be from 400 to 599",
        ))
    }
}

fn check_transparent(variants: &[ErrorVariant]) -> Result<()> {
    let mut transparent = variants.iter().filter_map(|variant| match variant {
        ErrorVariant::Transparent { ident, .. } => Some(ident),
        ErrorVariant::Declared(_) => None,
    });
    match (transparent.next(), transparent.next()) {
        (Some(_), Some(second)) => Err(syn::Error::new(
            second.span(),
            "only one variant can be transparent or internal, because `?` converts errors to it",
        )),
        _ => Ok(()),
    }
}

fn check_codes(variants: &[ErrorVariant]) -> Result<()> {
    let mut seen = Vec::new();
    for variant in variants {
        if let ErrorVariant::Declared(declared) = variant {
            let code = declared.code.value();
            if seen.contains(&code) {
                return Err(syn::Error::new(
                    declared.code.span(),
                    format!(
                        "duplicate error code `{code}`; clients distinguish variants by their codes"
                    ),
                ));
            }
            seen.push(code);
        }
    }
    Ok(())
}
