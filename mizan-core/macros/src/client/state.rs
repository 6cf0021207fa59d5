use proc_macro2::Ident;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprMethodCall, GenericArgument, Item, Macro, Token, Type};

/// The types that `block` asks for with `cx.state::<T>()`.
///
/// Nothing where the block has items of its own: a `use` in it may give a type a name that means
/// something else, or nothing, outside.
pub(crate) fn required(block: &Block, cx: &Ident) -> Vec<Type> {
    let mut search = Search {
        cx,
        found: Vec::new(),
        has_items: false,
    };
    search.visit_block(block);
    if search.has_items {
        Vec::new()
    } else {
        search.found
    }
}

struct Search<'a> {
    cx: &'a Ident,
    found: Vec<Type>,
    has_items: bool,
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "state"
            && matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident(self.cx))
            && let Some(turbofish) = &call.turbofish
            && let Some(GenericArgument::Type(ty)) = turbofish.args.first()
            && !matches!(ty, Type::Infer(_))
        {
            self.found.push(ty.clone());
        }
        visit::visit_expr_method_call(self, call);
    }

    /// The arguments of `println!`, `join!` and their like are expressions with commas between.
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
