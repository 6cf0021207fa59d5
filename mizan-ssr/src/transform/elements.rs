use oxc::ast::ast::{
    Argument, BindingPattern, CallExpression, Expression, ObjectPropertyKind, Program, Statement,
};
use oxc::ast_visit::{VisitMut, walk_mut};

const RUNTIME: &str = "react/jsx-runtime";
/// What stands in for the runtime; `js/runner.js` has it for each module.
pub(crate) const ELEMENTS: &str = "__mizan_elements__";

/// Has elements made without a look at their props, where the source tells what that would find.
///
/// React's `jsx` takes a `key` and a `ref` out of the props that it is given. To ask an object for what it
/// does not have takes V8 longer than to make the element. Here almost all props are written out, without
/// either of them.
pub(super) fn make_plainly(program: &mut Program<'_>) {
    let runtimes: Vec<_> = program
        .body
        .iter()
        .filter_map(|statement| match statement {
            Statement::VariableDeclaration(declaration) => declaration.declarations.first(),
            _ => None,
        })
        .filter_map(
            |declarator| match (&declarator.id, declarator.init.as_ref()) {
                (BindingPattern::BindingIdentifier(id), Some(Expression::CallExpression(call)))
                    if imports_runtime(call) =>
                {
                    Some(id.name.to_string())
                }
                _ => None,
            },
        )
        .collect();
    if !runtimes.is_empty() {
        Plain { runtimes }.visit_program(program);
    }
}

fn imports_runtime(call: &CallExpression<'_>) -> bool {
    call.callee.is_specific_id("__vite_ssr_import__")
        && matches!(
            call.arguments.first(),
            Some(Argument::StringLiteral(specifier)) if specifier.value == RUNTIME
        )
}

struct Plain {
    /// The names of the runtime's imports, of which there is one for each statement.
    runtimes: Vec<String>,
}

impl<'a> VisitMut<'a> for Plain {
    fn visit_call_expression(&mut self, call: &mut CallExpression<'a>) {
        if has_plain_props(call)
            && let Expression::SequenceExpression(callee) = &mut call.callee
            && let Some(Expression::StaticMemberExpression(member)) = callee.expressions.last_mut()
            && matches!(member.property.name.as_str(), "jsx" | "jsxs")
            && let Expression::Identifier(object) = &mut member.object
            && self
                .runtimes
                .iter()
                .any(|name| *name == object.name.as_str())
        {
            object.name = ELEMENTS.into();
        }
        walk_mut::walk_call_expression(self, call);
    }
}

/// Whether the second of two or three arguments is an object whose own names are known, and are neither
/// `key` nor `ref`.
fn has_plain_props(call: &CallExpression<'_>) -> bool {
    let spread = call.arguments.iter().any(Argument::is_spread);
    let (2..=3, false) = (call.arguments.len(), spread) else {
        return false;
    };
    let Argument::ObjectExpression(props) = &call.arguments[1] else {
        return false;
    };
    props.properties.iter().all(|property| match property {
        ObjectPropertyKind::SpreadProperty(_) => false,
        ObjectPropertyKind::ObjectProperty(property) => {
            !property.computed
                && property
                    .key
                    .static_name()
                    .is_some_and(|name| !matches!(&*name, "key" | "ref" | "__proto__"))
        }
    })
}
