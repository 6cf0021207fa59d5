//! The application state that functions, forms and channels require.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprMethodCall, GenericArgument, Item, Macro, Result, Token, Type, parenthesized,
};

/// Parses the types in `state(SqlitePool, Mailer)`.
///
/// # Errors
///
/// Returns an error that shows the syntax for anything else.
pub fn declared_state(input: ParseStream<'_>, option: &Ident) -> Result<Vec<Type>> {
    const EXAMPLE: &str = "list the types of state that the function and its helpers read, as in \
                           `state(SqlitePool, Mailer)`";
    if !input.peek(Paren) {
        return Err(syn::Error::new(option.span(), EXAMPLE));
    }
    let types;
    parenthesized!(types in input);
    if types.is_empty() {
        return Err(syn::Error::new(option.span(), EXAMPLE));
    }
    let types = Punctuated::<Type, Token![,]>::parse_terminated(&types);
    let types = types.map_err(|error| syn::Error::new(error.span(), EXAMPLE))?;
    Ok(types.into_iter().collect())
}

/// Returns the types `T` in calls of `cx.state::<T>()` in `block`.
///
/// Returns an empty list if the block contains items, because a `use` or `struct` in the block can
/// change the meaning of a type name.
#[must_use]
pub fn state_of_block(block: &Block, cx: &Ident) -> Vec<Type> {
    let mut search = StateCalls {
        cx,
        types: Vec::new(),
        has_items: false,
    };
    search.visit_block(block);
    if search.has_items {
        Vec::new()
    } else {
        search.types
    }
}

/// Returns the method `required_state` of an implementation, or `None` if it requires no state.
#[must_use]
pub fn required_state(types: &[Type]) -> Option<TokenStream> {
    (!types.is_empty()).then(|| {
        quote! {
            fn required_state() -> ::std::vec::Vec<::mizan_core::function::StateKey> {
                ::std::vec![#(::mizan_core::function::StateKey::of::<#types>()),*]
            }
        }
    })
}

struct StateCalls<'a> {
    cx: &'a Ident,
    types: Vec<Type>,
    has_items: bool,
}

impl<'ast> Visit<'ast> for StateCalls<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "state"
            && matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident(self.cx))
            && let Some(turbofish) = &call.turbofish
            && let Some(GenericArgument::Type(ty)) = turbofish.args.first()
            && !matches!(ty, Type::Infer(_))
        {
            self.types.push(ty.clone());
        }
        visit::visit_expr_method_call(self, call);
    }

    /// Visits the arguments of macros such as `println!` and `join!`, which are expressions separated
    /// by commas.
    fn visit_macro(&mut self, call: &'ast Macro) {
        let arguments = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
        for argument in arguments.iter().flatten() {
            self.visit_expr(argument);
        }
    }

    fn visit_item(&mut self, _: &'ast Item) {
        self.has_items = true;
    }
}
