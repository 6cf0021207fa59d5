use heck::ToSnakeCase;
use mizan_macros_syntax::doc_text;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitInt, LitStr, Result, Type, Variant};

pub(crate) struct ErrorEnum {
    pub(crate) ident: Ident,
    /// What the client calls the type.
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) variants: Vec<ErrorVariant>,
}

pub(crate) enum ErrorVariant {
    Declared(Box<Declared>),
    /// Holds a `mizan_core::Error`, which is sent as it is.
    Transparent {
        ident: Ident,
        ty: Box<Type>,
    },
}

pub(crate) struct Declared {
    pub(crate) ident: Ident,
    pub(crate) code: LitStr,
    pub(crate) status: u16,
    pub(crate) field: Option<LitStr>,
    pub(crate) message: LitStr,
    pub(crate) docs: String,
    pub(crate) fields: Vec<(Ident, Type)>,
}

impl ErrorEnum {
    pub(crate) fn parse(item: &DeriveInput) -> Result<Self> {
        let Data::Enum(data) = &item.data else {
            return Err(syn::Error::new(
                item.ident.span(),
                "`ClientError` is derived on an enum, each of whose variants is one way to fail",
            ));
        };
        if !item.generics.params.is_empty() {
            return Err(syn::Error::new(
                item.generics.span(),
                "an error that clients see has no generics: write the types out",
            ));
        }
        let mut name = item.ident.to_string();
        for attribute in own(&item.attrs) {
            attribute.parse_nested_meta(|meta| {
                if !meta.path.is_ident("name") {
                    return Err(meta.error("on the enum there is only `name = \"..\"`"));
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

fn own(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("client_error"))
}

fn variant(variant: &Variant) -> Result<ErrorVariant> {
    let ident = &variant.ident;
    let snake = ident.to_string().to_snake_case();
    let mut given = Vec::new();
    let mut code = LitStr::new(&snake, ident.span());
    let mut status = 422;
    let mut field = None;
    let mut message = LitStr::new(&snake.replace('_', " "), ident.span());
    for attribute in own(&variant.attrs) {
        attribute.parse_nested_meta(|meta| {
            let option = meta
                .path
                .get_ident()
                .map(Ident::to_string)
                .unwrap_or_default();
            if given.contains(&option) {
                return Err(meta.error(format!("`{option}` is given twice")));
            }
            match option.as_str() {
                "transparent" => {}
                "code" => code = error_code(meta.value()?.parse()?)?,
                "status" => status = error_status(&meta.value()?.parse()?)?,
                "field" => field = Some(meta.value()?.parse()?),
                "message" => message = meta.value()?.parse()?,
                _ => {
                    return Err(meta.error(format!(
                        "there is no option `{option}`; the options are `code`, `status`, \
                         `field`, `message` and `transparent`"
                    )));
                }
            }
            given.push(option);
            Ok(())
        })?;
    }
    if given.iter().any(|option| option == "transparent") {
        if given.len() > 1 {
            return Err(syn::Error::new(
                ident.span(),
                "a transparent variant is sent as the error that it holds: leave the other \
                 options out",
            ));
        }
        return match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Ok(ErrorVariant::Transparent {
                ident: ident.clone(),
                ty: Box::new(fields.unnamed[0].ty.clone()),
            }),
            _ => Err(syn::Error::new(
                ident.span(),
                format!("a transparent variant holds one error: `{ident}(mizan_core::Error)`"),
            )),
        };
    }
    let fields = match &variant.fields {
        Fields::Unit => Vec::new(),
        Fields::Named(fields) => {
            let named = fields.named.iter();
            named
                .filter_map(|field| Some((field.ident.clone()?, field.ty.clone())))
                .collect()
        }
        Fields::Unnamed(fields) => {
            return Err(syn::Error::new(
                fields.span(),
                format!(
                    "name what the failure carries, since the client finds it by name: `{ident} \
                     {{ by: String }}`; or mark it `#[client_error(transparent)]` where it holds a \
                     `mizan_core::Error`"
                ),
            ));
        }
    };
    Ok(ErrorVariant::Declared(Box::new(Declared {
        ident: ident.clone(),
        code,
        status,
        field,
        message,
        docs: doc_text(&variant.attrs),
        fields,
    })))
}

fn error_code(code: LitStr) -> Result<LitStr> {
    let text = code.value();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(fits) {
        Ok(code)
    } else {
        Err(syn::Error::new(
            code.span(),
            "a code is a word that the client's code compares with: lower-case ASCII letters, \
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
            "a failure has an HTTP status from 400 to 599",
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
            "one variant is transparent, since `?` makes it: another could not be told apart",
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
                        "two variants have the code `{code}`, so that a client could not tell them apart"
                    ),
                ));
            }
            seen.push(code);
        }
    }
    Ok(())
}
