//! The static imports and exports of an ES module, from which the module runner links modules.

use std::collections::{HashMap, HashSet};

use oxc::ast::ast::{
    Declaration, ExportDefaultDeclarationKind, ImportDeclarationSpecifier, Program, Statement,
};
use oxc::span::{GetSpan, Span};
use serde::{Deserialize, Serialize};

/// The names that an ES module imports and exports: the entries of a source text module record of ECMAScript.
///
/// Numbers are indices into the specifiers of the module's static imports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct ModuleRecord {
    /// The names that `import { name } from` and `import name from` need.
    pub(crate) imported: Vec<(usize, String)>,
    /// The names under which the module exports its own bindings.
    pub(crate) local: Vec<String>,
    /// The names that the module exports from other modules. `None` stands for the namespace.
    pub(crate) indirect: Vec<(String, usize, Option<String>)>,
    /// The modules all of whose names are exported.
    pub(crate) star: Vec<usize>,
}

/// The record of a module, and what its function needs besides.
#[derive(Debug, Default)]
pub(super) struct ModuleBindings {
    pub(super) record: ModuleRecord,
    /// The specifiers of the static imports, in evaluation order.
    pub(super) specifiers: Vec<String>,
    indices: HashMap<String, usize>,
    /// The local variable of each name in [`ModuleRecord::local`].
    pub(super) locals: Vec<LocalBinding>,
    /// For each statement with a specifier, the index of the specifier if the statement binds a variable.
    pub(super) statements: Vec<Option<usize>>,
    /// The exported names.
    names: HashSet<String>,
    /// A name that is exported twice, with the position of the second export.
    pub(super) duplicate: Option<(String, u32)>,
}

/// The variable of a local export.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LocalBinding {
    Variable(String),
    /// The value of `export default`, which has no name of its own.
    Default,
}

/// The origin of an imported variable.
struct Imported {
    specifier: usize,
    /// `None` stands for the namespace.
    name: Option<String>,
}

impl ModuleBindings {
    /// Collects the imports and exports of `program`, which contains no types.
    pub(super) fn of(program: &Program<'_>) -> Self {
        let mut bindings = Self::default();
        let imported = bindings.collect_imports(program);
        for statement in &program.body {
            bindings.collect_exports(statement, &imported);
        }
        bindings
    }

    /// Returns those of the import statements' `variables` that are namespaces of `specifier`.
    pub(super) fn variables_of(&self, specifier: &str, variables: &[String]) -> Vec<String> {
        let index = self.indices.get(specifier).copied();
        let statements = self.statements.iter().zip(variables);
        let binding = statements.filter(|(bound, _)| bound.is_some() && **bound == index);
        binding.map(|(_, variable)| variable.clone()).collect()
    }

    /// Returns the origins of the imported variables by their names.
    fn collect_imports(&mut self, program: &Program<'_>) -> HashMap<String, Imported> {
        let mut variables = HashMap::new();
        for statement in &program.body {
            let source = match statement {
                Statement::ImportDeclaration(import) => &import.source,
                Statement::ExportAllDeclaration(export) => &export.source,
                Statement::ExportFromDeclaration(export) => &export.source,
                _ => continue,
            };
            let specifier = self.specifier(&source.value);
            let mut binds = None;
            if let Statement::ImportDeclaration(import) = statement {
                for binding in import.specifiers.iter().flatten() {
                    binds = Some(specifier);
                    let name = match binding {
                        ImportDeclarationSpecifier::ImportSpecifier(named) => {
                            Some(named.imported.name().to_string())
                        }
                        ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => {
                            Some("default".into())
                        }
                        ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => None,
                    };
                    if let Some(name) = &name {
                        self.record.imported.push((specifier, name.clone()));
                    }
                    let variable = binding.local().name.to_string();
                    variables.insert(variable, Imported { specifier, name });
                }
            }
            self.statements.push(binds);
        }
        variables
    }

    fn collect_exports(&mut self, statement: &Statement<'_>, imported: &HashMap<String, Imported>) {
        match statement {
            Statement::ExportAllDeclaration(export) => {
                let specifier = self.specifier(&export.source.value);
                match &export.exported {
                    Some(name) => {
                        self.add_name(&name.name(), name.span());
                        let name = name.name().to_string();
                        self.record.indirect.push((name, specifier, None));
                    }
                    None => self.record.star.push(specifier),
                }
            }
            Statement::ExportFromDeclaration(export) => {
                let specifier = self.specifier(&export.source.value);
                for entry in &export.specifiers {
                    self.add_name(&entry.exported.name(), entry.span);
                    self.record.indirect.push((
                        entry.exported.name().to_string(),
                        specifier,
                        Some(entry.local.name().to_string()),
                    ));
                }
            }
            Statement::ExportNamedDeclaration(export) => {
                for entry in &export.specifiers {
                    let (name, local) = (entry.exported.name(), entry.local.name());
                    self.add_name(&name, entry.span);
                    match imported.get(local.as_str()) {
                        Some(origin) => self.record.indirect.push((
                            name.to_string(),
                            origin.specifier,
                            origin.name.clone(),
                        )),
                        None => self.export(&name, LocalBinding::Variable(local.to_string())),
                    }
                }
            }
            Statement::ExportDeclaration(export) => self.export_declaration(&export.declaration),
            Statement::ExportDefaultDeclaration(export) => {
                let id = match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(function) => &function.id,
                    ExportDefaultDeclarationKind::ClassDeclaration(class) => &class.id,
                    _ => &None,
                };
                let binding = id.as_ref().map_or(LocalBinding::Default, |id| {
                    LocalBinding::Variable(id.name.to_string())
                });
                self.add_name("default", export.span);
                self.export("default", binding);
            }
            _ => {}
        }
    }

    fn export_declaration(&mut self, declaration: &Declaration<'_>) {
        let mut names = Vec::new();
        match declaration {
            Declaration::VariableDeclaration(variables) => {
                let patterns = variables.declarations.iter();
                let ids = patterns.flat_map(|variable| variable.id.get_binding_identifiers());
                names.extend(ids);
            }
            Declaration::FunctionDeclaration(function) => names.extend(&function.id),
            Declaration::ClassDeclaration(class) => names.extend(&class.id),
            _ => {}
        }
        for id in names {
            self.add_name(&id.name, id.span);
            self.export(&id.name, LocalBinding::Variable(id.name.to_string()));
        }
    }

    fn add_name(&mut self, name: &str, span: Span) {
        let is_new = self.names.insert(name.into());
        if !is_new && self.duplicate.is_none() {
            self.duplicate = Some((name.into(), span.start));
        }
    }

    pub(super) fn export(&mut self, name: &str, binding: LocalBinding) {
        self.record.local.push(name.into());
        self.locals.push(binding);
    }

    /// Returns the index of `specifier`, which is added on its first occurrence.
    fn specifier(&mut self, specifier: &str) -> usize {
        if let Some(index) = self.indices.get(specifier) {
            return *index;
        }
        let index = self.specifiers.len();
        self.specifiers.push(specifier.into());
        self.indices.insert(specifier.into(), index);
        index
    }
}
