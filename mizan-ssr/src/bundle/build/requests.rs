//! The imports in the code of a module that it executes itself: `require` and `import()`.

use std::collections::HashSet;

use oxc::allocator::Allocator;
use oxc::ast::ast::{
    Argument, ArrowFunctionExpression, CallExpression, Class, ConditionalExpression, Expression,
    Function, IdentifierReference, IfStatement, LogicalExpression, LogicalOperator, SwitchCase,
    TryStatement,
};
use oxc::ast_visit::{Visit, walk};
use oxc::parser::Parser;
use oxc::semantic::{Scoping, SemanticBuilder};
use oxc::span::SourceType;
use oxc::syntax::scope::ScopeFlags;

use crate::modules::{
    DYNAMIC_IMPORT, ImportKind, ModuleFormat, TransformedModule, literal, on_large_stack,
};

/// An import that a module executes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// `None` if the specifier is computed.
    pub(super) specifier: Option<String>,
    pub(super) kind: ImportKind,
    pub(super) execution: Execution,
}

/// The circumstances in which an import is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Execution {
    /// Each evaluation of the module executes the import.
    Always,
    /// In a function or a branch.
    Sometimes,
    /// As `Sometimes`, and the code handles a failure.
    Caught,
}

/// Returns the imports that `transformed` executes, in source order.
///
/// Branches that are dead in production are ignored.
pub(super) fn requests(transformed: &TransformedModule) -> Vec<Request> {
    let code = &*transformed.code;
    if !code.contains("require") && !code.contains(DYNAMIC_IMPORT) {
        return Vec::new();
    }
    on_large_stack(|| {
        let is_es_module = matches!(transformed.format, ModuleFormat::EsModule { .. });
        let source_type = if is_es_module {
            SourceType::mjs()
        } else {
            SourceType::cjs()
        };
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, code, source_type).parse();
        let semantic = SemanticBuilder::new().build(&parsed.program);
        let mut finder = Finder {
            scoping: semantic.semantic.scoping(),
            is_es_module,
            functions: 0,
            branches: 0,
            handlers: 0,
            requests: Vec::new(),
            seen: HashSet::new(),
        };
        finder.visit_program(&parsed.program);
        finder.requests
    })
}

struct Finder<'s> {
    scoping: &'s Scoping,
    is_es_module: bool,
    /// The number of functions around the current node that are not called where they are written.
    functions: usize,
    branches: usize,
    handlers: usize,
    requests: Vec<Request>,
    seen: HashSet<(String, ImportKind, bool)>,
}

impl Finder<'_> {
    fn add(&mut self, argument: Option<&Argument<'_>>, kind: ImportKind) {
        let execution = if self.handlers > 0 {
            Execution::Caught
        } else if self.functions > 0 || self.branches > 0 {
            Execution::Sometimes
        } else {
            Execution::Always
        };
        let specifier = argument
            .and_then(Argument::as_expression)
            .and_then(literal)
            .map(String::from);
        if let Some(specifier) = &specifier {
            let always = execution == Execution::Always;
            if !self.seen.insert((specifier.clone(), kind, always)) {
                return;
            }
        }
        self.requests.push(Request {
            specifier,
            kind,
            execution,
        });
    }

    fn is_global(&self, identifier: &IdentifierReference<'_>) -> bool {
        let reference = identifier.reference_id.get();
        reference.is_none_or(|id| self.scoping.get_reference(id).symbol_id().is_none())
    }

    /// Returns whether `callee` is the `require` of the module, or its `resolve`.
    fn is_require(&self, callee: &Expression<'_>) -> bool {
        match callee {
            Expression::Identifier(name) => {
                !self.is_es_module && name.name == "require" && self.is_global(name)
            }
            Expression::StaticMemberExpression(member) => {
                member.property.name == "resolve" && self.is_require(&member.object)
            }
            _ => false,
        }
    }

    fn in_function(&mut self, visit: impl FnOnce(&mut Self)) {
        // The function may run after the statement around it.
        let handlers = std::mem::take(&mut self.handlers);
        self.functions += 1;
        visit(self);
        self.functions -= 1;
        self.handlers = handlers;
    }

    fn in_branch(&mut self, visit: impl FnOnce(&mut Self)) {
        self.branches += 1;
        visit(self);
        self.branches -= 1;
    }

    fn in_handler(&mut self, visit: impl FnOnce(&mut Self)) {
        self.handlers += 1;
        visit(self);
        self.handlers -= 1;
    }

    /// Visits the function `callee`, which is called where it is written.
    fn visit_called_function(&mut self, callee: &Expression<'_>) -> bool {
        match callee.without_parentheses() {
            Expression::FunctionExpression(function) => {
                walk::walk_function(self, function, ScopeFlags::Function);
                true
            }
            Expression::ArrowFunctionExpression(arrow) => {
                walk::walk_arrow_function_expression(self, arrow);
                true
            }
            _ => false,
        }
    }
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if call.callee.is_specific_id(DYNAMIC_IMPORT) {
            self.add(call.arguments.first(), ImportKind::Import);
        } else if self.is_require(&call.callee) {
            self.add(call.arguments.first(), ImportKind::Require);
        } else if let Expression::StaticMemberExpression(member) = &call.callee {
            let is_handled = match member.property.name.as_str() {
                "catch" => true,
                "then" => call.arguments.len() > 1,
                _ => false,
            };
            if is_handled {
                self.in_handler(|this| this.visit_expression(&call.callee));
                self.visit_arguments(&call.arguments);
                return;
            }
        }
        if self.visit_called_function(&call.callee) {
            self.visit_arguments(&call.arguments);
        } else {
            walk::walk_call_expression(self, call);
        }
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.in_function(|this| walk::walk_function(this, function, flags));
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        self.in_function(|this| walk::walk_arrow_function_expression(this, arrow));
    }

    fn visit_class(&mut self, class: &Class<'a>) {
        self.in_function(|this| walk::walk_class(this, class));
    }

    fn visit_try_statement(&mut self, statement: &TryStatement<'a>) {
        if statement.handler.is_some() {
            self.in_handler(|this| this.visit_block_statement(&statement.block));
        } else {
            self.visit_block_statement(&statement.block);
        }
        if let Some(handler) = &statement.handler {
            self.in_branch(|this| this.visit_catch_clause(handler));
        }
        if let Some(finalizer) = &statement.finalizer {
            self.visit_block_statement(finalizer);
        }
    }

    fn visit_if_statement(&mut self, statement: &IfStatement<'a>) {
        self.visit_expression(&statement.test);
        let value = constant(&statement.test);
        if value != Some(false) {
            self.in_branch(|this| this.visit_statement(&statement.consequent));
        }
        if value != Some(true)
            && let Some(alternate) = &statement.alternate
        {
            self.in_branch(|this| this.visit_statement(alternate));
        }
    }

    fn visit_conditional_expression(&mut self, expression: &ConditionalExpression<'a>) {
        self.visit_expression(&expression.test);
        let value = constant(&expression.test);
        if value != Some(false) {
            self.in_branch(|this| this.visit_expression(&expression.consequent));
        }
        if value != Some(true) {
            self.in_branch(|this| this.visit_expression(&expression.alternate));
        }
    }

    fn visit_logical_expression(&mut self, expression: &LogicalExpression<'a>) {
        self.visit_expression(&expression.left);
        let skips = match expression.operator {
            LogicalOperator::And => Some(false),
            LogicalOperator::Or => Some(true),
            LogicalOperator::Coalesce => None,
        };
        if skips.is_none() || constant(&expression.left) != skips {
            self.in_branch(|this| this.visit_expression(&expression.right));
        }
    }

    fn visit_switch_case(&mut self, case: &SwitchCase<'a>) {
        self.in_branch(|this| walk::walk_switch_case(this, case));
    }
}

/// Returns the value of a comparison with `process.env.NODE_ENV`.
fn constant(test: &Expression<'_>) -> Option<bool> {
    let Expression::BinaryExpression(comparison) = test.without_parentheses() else {
        return None;
    };
    let sides = (&comparison.left, &comparison.right);
    let ((Expression::StringLiteral(mode), mut place)
    | (mut place, Expression::StringLiteral(mode))) = sides
    else {
        return None;
    };
    for name in ["NODE_ENV", "env"] {
        let Expression::StaticMemberExpression(member) = place else {
            return None;
        };
        if member.property.name != name {
            return None;
        }
        place = &member.object;
    }
    if !place.is_specific_id("process") {
        return None;
    }
    let is_equal = mode.value == "production";
    if comparison.operator.is_equality() {
        use oxc::syntax::operator::BinaryOperator::{Equality, StrictEquality};
        let is_positive = matches!(comparison.operator, Equality | StrictEquality);
        return Some(is_equal == is_positive);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Execution, requests};
    use crate::modules::{ImportKind, ModuleFormat, TransformedModule};

    /// Returns the requests of a CommonJS module, one word each.
    fn check(code: &str) -> String {
        let transformed = TransformedModule::generated(ModuleFormat::CommonJs, code.into());
        let words = requests(&transformed).into_iter().map(|request| {
            let kind = match request.kind {
                ImportKind::Import => "import",
                ImportKind::Require => "require",
            };
            let execution = match request.execution {
                Execution::Always => "",
                Execution::Sometimes => "?",
                Execution::Caught => "!",
            };
            let specifier = request.specifier.unwrap_or("*".into());
            format!("{kind}:{specifier}{execution}")
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn finds_requires_and_dynamic_imports() {
        let found = check(
            "const a = require('a'); require.resolve(`b`); f(() => __vite_ssr_dynamic_import__('./c'));",
        );
        assert_eq!(found, "require:a require:b import:./c?");
        assert_eq!(check("require(name)"), "require:*");
        assert_eq!(check("(function () { require('a') })()"), "require:a");
        assert_eq!(check("(() => require('a')).call(this)"), "require:a?");
    }

    #[test]
    fn ignores_shadowed_require() {
        assert_eq!(check("(function (require) { require('./1') })(x)"), "");
        assert_eq!(check("exports.f = (require) => require('./1')"), "");
    }

    #[test]
    fn distinguishes_executions() {
        assert_eq!(
            check("try { require('a') } catch { require('b') }"),
            "require:a! require:b?"
        );
        assert_eq!(check("try { require('a') } finally {}"), "require:a");
        assert_eq!(
            check("try { f = () => require('a') } catch {}"),
            "require:a?"
        );
        assert_eq!(check("if (x) require('a')"), "require:a?");
        assert_eq!(
            check("x && require('a'); y ? require('b') : 0"),
            "require:a? require:b?"
        );
        assert_eq!(
            check("__vite_ssr_dynamic_import__('a').catch(f)"),
            "import:a!"
        );
        assert_eq!(
            check("__vite_ssr_dynamic_import__('a').then(f, g)"),
            "import:a!"
        );
        assert_eq!(
            check("__vite_ssr_dynamic_import__('a').then(f)"),
            "import:a"
        );
    }

    #[test]
    fn skips_branches_that_are_dead_in_production() {
        let found = check(
            "if (process.env.NODE_ENV === 'production') { module.exports = require('p') }
             else { module.exports = require('d') }",
        );
        assert_eq!(found, "require:p?");
        assert_eq!(
            check("'production' !== process.env.NODE_ENV && require('d')"),
            ""
        );
        assert_eq!(
            check("process.env.NODE_ENV !== 'production' ? require('d') : require('p')"),
            "require:p?"
        );
    }
}
