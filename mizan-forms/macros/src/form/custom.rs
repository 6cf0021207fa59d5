//! Custom constraints (`#[validate(custom(function = ..))]`) on the fields of `Partial`.
//!
//! `validator` passes a number to the function by value, and the content of an `Option` instead of
//! the `Option`. It recognizes both by their spelling, so it would pass other arguments for the
//! fields of `Partial`, whose types are wrapped in a further `Option`. A wrapper function for each
//! constraint passes the same argument as for the field of the form.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, GenericArgument, Lit, Meta, Path, PathArguments, Result, Token, Type};

const NUMBERS: [&str; 14] = [
    "usize", "u8", "u16", "u32", "u64", "u128", "isize", "i8", "i16", "i32", "i64", "i128", "f32",
    "f64",
];

/// The arguments of `custom(..)`.
pub(super) struct CustomConstraint {
    /// The function that the form names.
    pub(super) function: Path,
    /// The other arguments, such as `message = ".."`.
    pub(super) others: Vec<Meta>,
}

impl CustomConstraint {
    /// Parses a constraint. Returns `None` for a constraint that is not `custom`, and for one that
    /// `validator` rejects.
    pub(super) fn parse(constraint: &Meta) -> Option<Self> {
        let Meta::List(list) = constraint else {
            return None;
        };
        if !list.path.is_ident("custom") {
            return None;
        }
        list.parse_args().ok()
    }

    /// Returns the definition of the wrapper `name`, which takes a reference to the field's type.
    pub(super) fn wrapper(&self, name: &syn::Ident, ty: &Type) -> TokenStream {
        let function = &self.function;
        let call = call(function, ty, &quote!(value));
        quote! {
            #[allow(clippy::ptr_arg, clippy::ref_option, clippy::trivially_copy_pass_by_ref)]
            fn #name(value: &#ty)
                -> ::std::result::Result<(), ::mizan_forms::private::validator::ValidationError>
            {
                #call
            }
        }
    }
}

impl Parse for CustomConstraint {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut function = None;
        let mut others = Vec::new();
        for argument in Punctuated::<Meta, Token![,]>::parse_terminated(input)? {
            match &argument {
                Meta::NameValue(option) if option.path.is_ident("function") => {
                    function = Some(match &option.value {
                        Expr::Lit(ExprLit {
                            lit: Lit::Str(path),
                            ..
                        }) => path.parse()?,
                        path => syn::parse2(path.to_token_stream())?,
                    });
                }
                _ => others.push(argument),
            }
        }
        let function = function.ok_or_else(|| input.error("missing `function`"))?;
        Ok(Self { function, others })
    }
}

/// Returns the call of `function` with the reference `value` to a `ty`.
fn call(function: &Path, ty: &Type, value: &TokenStream) -> TokenStream {
    if let Some(inner) = optional(ty) {
        let call = call(function, inner, &quote!(value));
        return quote! {
            match #value {
                ::std::option::Option::Some(value) => #call,
                ::std::option::Option::None => ::std::result::Result::Ok(()),
            }
        };
    }
    let spelling = ty.to_token_stream().to_string();
    if NUMBERS.contains(&&*spelling) {
        quote!(#function(*#value))
    } else {
        quote!(#function(#value))
    }
}

/// Returns true for a `Cow`, of which `validator` passes the borrowed content, also in `Partial`.
pub(super) fn is_cow(ty: &Type) -> bool {
    ty.to_token_stream().to_string().contains("Cow <")
}

/// Returns the `T` of a type that `validator` recognizes as an `Option<T>`.
fn optional(ty: &Type) -> Option<&Type> {
    let Type::Path(ty) = ty else {
        return None;
    };
    let segments: Vec<_> = ty.path.segments.iter().collect();
    let names: Vec<_> = segments.iter().map(|part| part.ident.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    if !matches!(names[..], ["Option"] | ["std" | "core", "option", "Option"]) {
        return None;
    }
    match &segments.last()?.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    }
}
