//! The return type of a function that returns a stream.

use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{
    AssocType, GenericArgument, PathArguments, Result, Type, TypeImplTrait, TypeParamBound,
    parse_quote_spanned,
};

/// The stream that a function returns.
pub(crate) struct Stream {
    /// The return type, with a `PartStream` instead of the `impl Stream`.
    pub(crate) returned: Type,
    /// The type of the parts, for the schema of their maps.
    pub(crate) part: Type,
    /// `true` if the function returns a `Result` with a stream, not the stream itself.
    pub(crate) is_fallible: bool,
}

impl Stream {
    /// Finds the stream in a return type: `impl Stream<Item = Result<T, E>>`, by itself or in a `Result`.
    pub(crate) fn find(returned: &Type) -> Result<Option<Self>> {
        let mut search = FirstStream(None);
        search.visit_type(returned);
        let Some(item) = search.0 else {
            return Ok(None);
        };
        let item = item?;
        let span = item.span();
        let part: Type = parse_quote_spanned!(span=>
            <#item as ::mizan_core::private::FunctionResult>::Output
        );
        let error: Type = parse_quote_spanned!(span=>
            <#item as ::mizan_core::private::FunctionResult>::Error
        );
        let parts: Type = parse_quote_spanned!(span=> ::mizan_core::PartStream<#part, #error>);
        let is_fallible = !matches!(returned, Type::ImplTrait(_));
        let mut replaced = returned.clone();
        Replace(&parts).visit_type_mut(&mut replaced);
        if !is_fallible {
            replaced = parse_quote_spanned!(span=> ::std::result::Result<#parts, #error>);
        }
        Ok(Some(Self {
            returned: replaced,
            part,
            is_fallible,
        }))
    }
}

/// Finds the type of the items of the first `impl Stream`.
struct FirstStream(Option<Result<Type>>);

impl<'ast> Visit<'ast> for FirstStream {
    fn visit_type_impl_trait(&mut self, stream: &'ast TypeImplTrait) {
        if let Some(item) = item_of(stream) {
            self.0.get_or_insert(item);
        }
    }
}

/// Replaces the `impl Stream` by another type.
struct Replace<'a>(&'a Type);

impl VisitMut for Replace<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::ImplTrait(stream) if item_of(stream).is_some() => *ty = self.0.clone(),
            _ => visit_mut::visit_type_mut(self, ty),
        }
    }
}

/// Returns the type of the items of an `impl Stream`, or `None` for other types.
fn item_of(stream: &TypeImplTrait) -> Option<Result<Type>> {
    let stream = stream.bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last()?;
            (last.ident == "Stream").then_some(last)
        }
        _ => None,
    })?;
    let item = match &stream.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Item" => {
                    Some(ty.clone())
                }
                _ => None,
            })
        }
        _ => None,
    };
    Some(item.ok_or_else(|| {
        syn::Error::new(
            stream.span(),
            "a stream needs the type of its items: write `impl Stream<Item = Result<T, mizan_core::Error>>`",
        )
    }))
}
