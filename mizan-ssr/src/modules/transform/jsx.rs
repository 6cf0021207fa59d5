//! Direct creation of JSX elements whose props are written out in the source.

use oxc::ast::ast::{Argument, CallExpression, Expression, ObjectPropertyKind, Program};
use oxc::ast_visit::{VisitMut, walk_mut};

pub(super) const JSX_RUNTIME: &str = "react/jsx-runtime";
/// The parameter that replaces the JSX runtime; `js/module_runner.js` passes it to each module.
pub(crate) const JSX_ELEMENTS: &str = "__mizan_elements__";

/// Creates elements without inspecting their props, if the source shows that they have no `key` or `ref`.
///
/// React's `jsx` extracts `key` and `ref` from the props. Looking up an absent property takes V8 longer
/// than creating the element, and the source of almost all elements has neither.
///
/// `runtimes` are the local names of the JSX runtime, one for each import statement.
pub(super) fn create_elements_directly(program: &mut Program<'_>, runtimes: Vec<String>) {
    if !runtimes.is_empty() {
        DirectElements { runtimes }.visit_program(program);
    }
}

struct DirectElements {
    runtimes: Vec<String>,
}

impl<'a> VisitMut<'a> for DirectElements {
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
            object.name = JSX_ELEMENTS.into();
        }
        walk_mut::walk_call_expression(self, call);
    }
}

/// Returns whether the second of two or three arguments is an object literal whose property names are
/// known and include neither `key` nor `ref`.
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
