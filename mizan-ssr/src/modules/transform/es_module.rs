//! The function of an ES module.
//!
//! The module runner calls the function twice, as engines do with native modules. The first part receives the
//! namespaces of the imports and registers a getter for each export, so that hoisted functions and bindings
//! exist before any module of a cycle is evaluated. The second part is the code of the module.

use oxc::allocator::{Allocator, CloneIn, TakeIn};
use oxc::ast::ast::{
    Argument, ArrowFunctionExpression, AwaitExpression, BindingIdentifier, BindingPattern,
    ExportDefaultDeclarationKind, Expression, ForOfStatement, Function, IdentifierName,
    ImportDeclarationSpecifier, ObjectPropertyKind, Program, PropertyKey, PropertyKind, Statement,
    StaticBlock, VariableDeclaration, VariableDeclarationKind,
};
use oxc::ast::builder::AstBuilder;
use oxc::ast_visit::{Visit, VisitMut, walk, walk_mut};
use oxc::span::SPAN;
use oxc::syntax::scope::ScopeFlags;

use super::decorators::{HELPERS, HELPERS_OBJECT};
use super::module_record::{LocalBinding, ModuleBindings};

/// The parameter that registers the getters of the exports.
pub(crate) const REGISTER_EXPORTS: &str = "__vite_ssr_exports__";
/// The parameter that returns the namespace of an import, by its index.
pub(crate) const IMPORT: &str = "__vite_ssr_import__";
/// The parameter that names an anonymous default export.
pub(crate) const NAME_DEFAULT: &str = "__mizan_name_default__";

/// The name that `ModuleRunnerTransform` gives to the value of `export default`.
const DEFAULT_VALUE: &str = "__vite_ssr_export_default__";
/// The name of a function declaration that is exported as the default without a name.
const DEFAULT_FUNCTION: &str = "__mizan_default__";

/// The top-level `await` of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TopLevelAwait {
    None,
    /// Only expressions, which the runner can replace by `yield`.
    Expressions,
    /// Also `for await` or `await using`, which need an async function.
    Statements,
}

/// Returns the code of the module's function body from the code of the module.
pub(super) fn function_body(
    bindings: &ModuleBindings,
    variables: &[String],
    awaits: TopLevelAwait,
    code: &str,
) -> String {
    let mut first = String::new();
    if code.contains(HELPERS_OBJECT) {
        first.push_str(HELPERS);
    }
    for (variable, specifier) in variables.iter().zip(&bindings.statements) {
        if let Some(specifier) = specifier {
            first.push_str(&format!("const {variable} = {IMPORT}({specifier}); "));
        }
    }
    let mut getters = Vec::with_capacity(bindings.locals.len());
    for local in &bindings.locals {
        let variable = match local {
            LocalBinding::Variable(name) => name,
            LocalBinding::Default => DEFAULT_VALUE,
        };
        if variable == DEFAULT_FUNCTION {
            first.push_str(&format!("{NAME_DEFAULT}({variable}); "));
        }
        getters.push(format!("() => {variable}"));
    }
    let (function, pause) = match awaits {
        TopLevelAwait::None | TopLevelAwait::Expressions => ("function*", "yield"),
        TopLevelAwait::Statements => ("async function", "await"),
    };
    let getters = getters.join(", ");
    // The code begins on the second line, so that its columns stay valid.
    format!(
        "return ({function} () {{ \"use strict\"; {first}{pause} {REGISTER_EXPORTS}([{getters}]);\n{code}\n}})();"
    )
}

/// Gives a name to `export default function () {}`, so that the function is hoisted.
pub(super) fn name_default_function<'a>(allocator: &'a Allocator, program: &mut Program<'a>) {
    for statement in &mut program.body {
        if let Statement::ExportDefaultDeclaration(export) = statement
            && let ExportDefaultDeclarationKind::FunctionDeclaration(function) =
                &mut export.declaration
            && function.body.is_some()
            && function.id.is_none()
        {
            let builder = AstBuilder::new(allocator);
            function.id = Some(BindingIdentifier::new(SPAN, DEFAULT_FUNCTION, &builder));
        }
    }
}

/// Gives the name `default` to a function or class without a name that is the value of `export default`.
pub(super) fn name_default_value<'a>(allocator: &'a Allocator, program: &mut Program<'a>) {
    let builder = AstBuilder::new(allocator);
    for statement in &mut program.body {
        if let Statement::VariableDeclaration(declaration) = statement
            && let Some(declarator) = declaration.declarations.first_mut()
            && matches!(&declarator.id, BindingPattern::BindingIdentifier(id) if id.name == DEFAULT_VALUE)
            && let Some(init) = &mut declarator.init
            && is_anonymous(init)
        {
            let property = ObjectPropertyKind::new_object_property(
                SPAN,
                PropertyKind::Init,
                PropertyKey::new_static_identifier(SPAN, "default", &builder),
                init.take_in(&allocator),
                false,
                false,
                false,
                &builder,
            );
            let object = Expression::new_object_expression(SPAN, [property], &builder);
            let name = IdentifierName::new(SPAN, "default", &builder);
            *init = Expression::new_static_member_expression(SPAN, object, name, false, &builder);
        }
    }
}

fn is_anonymous(value: &Expression<'_>) -> bool {
    match value {
        Expression::ParenthesizedExpression(inner) => is_anonymous(&inner.expression),
        Expression::ArrowFunctionExpression(_) => true,
        Expression::FunctionExpression(function) => function.id.is_none(),
        Expression::ClassExpression(class) => class.id.is_none(),
        _ => false,
    }
}

/// Splits `import a, * as b` into two imports, because `ModuleRunnerTransform` drops `a`.
pub(super) fn split_default_beside_namespace<'a>(
    allocator: &'a Allocator,
    program: &mut Program<'a>,
) {
    let is_namespace = |specifier: &ImportDeclarationSpecifier<'a>| {
        matches!(
            specifier,
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(_)
        )
    };
    let mut at = 0;
    while at < program.body.len() {
        if let Statement::ImportDeclaration(import) = &mut program.body[at]
            && let Some(specifiers) = &import.specifiers
            && specifiers.len() == 2
            && specifiers.iter().any(is_namespace)
        {
            let mut second = import.clone_in(allocator);
            if let Some(specifiers) = &mut import.specifiers {
                specifiers.retain(|specifier| !is_namespace(specifier));
            }
            if let Some(specifiers) = &mut second.specifiers {
                specifiers.retain(is_namespace);
            }
            program
                .body
                .insert(at + 1, Statement::ImportDeclaration(second));
        }
        at += 1;
    }
}

/// Removes the statements that `ModuleRunnerTransform` adds for imports and exports. Returns the variables of
/// the imports.
pub(super) fn take_module_statements(program: &mut Program<'_>) -> Vec<String> {
    let mut variables = Vec::new();
    program.body.retain(|statement| match statement {
        Statement::VariableDeclaration(declaration) => match import_variable(declaration) {
            Some(variable) => {
                variables.push(variable);
                false
            }
            None => true,
        },
        Statement::ExpressionStatement(statement) => !is_export(&statement.expression),
        _ => true,
    });
    variables
}

fn import_variable(declaration: &VariableDeclaration<'_>) -> Option<String> {
    let declarator = declaration.declarations.first()?;
    let Some(Expression::AwaitExpression(awaited)) = &declarator.init else {
        return None;
    };
    let Expression::CallExpression(call) = &awaited.argument else {
        return None;
    };
    match &declarator.id {
        BindingPattern::BindingIdentifier(id) if call.callee.is_specific_id(IMPORT) => {
            Some(id.name.to_string())
        }
        _ => None,
    }
}

fn is_export(expression: &Expression<'_>) -> bool {
    let Expression::CallExpression(call) = expression else {
        return false;
    };
    call.callee.is_specific_id("__vite_ssr_exportAll__")
        || matches!(call.arguments.first(), Some(Argument::Identifier(id)) if id.name == REGISTER_EXPORTS)
}

/// Returns the kind of the top-level `await` of `program`.
pub(super) fn top_level_await(program: &Program<'_>) -> TopLevelAwait {
    struct Finder {
        expressions: bool,
        statements: bool,
    }
    impl<'a> Visit<'a> for Finder {
        fn visit_await_expression(&mut self, it: &AwaitExpression<'a>) {
            self.expressions = true;
            walk::walk_await_expression(self, it);
        }
        fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
            self.statements |= it.r#await;
            walk::walk_for_of_statement(self, it);
        }
        fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
            self.statements |= it.kind == VariableDeclarationKind::AwaitUsing;
            walk::walk_variable_declaration(self, it);
        }
        fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}
        fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}
        fn visit_static_block(&mut self, _: &StaticBlock<'a>) {}
    }
    let mut finder = Finder {
        expressions: false,
        statements: false,
    };
    finder.visit_program(program);
    match finder {
        Finder {
            statements: true, ..
        } => TopLevelAwait::Statements,
        Finder {
            expressions: true, ..
        } => TopLevelAwait::Expressions,
        _ => TopLevelAwait::None,
    }
}

/// Replaces each top-level `await` by `yield`, so that the runner starts the module without a delay.
pub(super) fn replace_awaits<'a>(allocator: &'a Allocator, program: &mut Program<'a>) {
    struct Replacer<'a>(&'a Allocator);
    impl<'a> VisitMut<'a> for Replacer<'a> {
        fn visit_expression(&mut self, it: &mut Expression<'a>) {
            walk_mut::walk_expression(self, it);
            if let Expression::AwaitExpression(awaited) = it {
                let argument = awaited.argument.take_in(&self.0);
                let builder = AstBuilder::new(self.0);
                *it =
                    Expression::new_yield_expression(awaited.span, false, Some(argument), &builder);
            }
        }
        fn visit_function(&mut self, _: &mut Function<'a>, _: ScopeFlags) {}
        fn visit_arrow_function_expression(&mut self, _: &mut ArrowFunctionExpression<'a>) {}
        fn visit_static_block(&mut self, _: &mut StaticBlock<'a>) {}
    }
    Replacer(allocator).visit_program(program);
}
