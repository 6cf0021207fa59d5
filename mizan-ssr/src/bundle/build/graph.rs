//! The modules that pages reach, and the imports that fail.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::problem::Problem;
use super::requests::{Execution, requests};
use crate::modules::{
    ImportKind, Loader, Module, ModuleError, SourceImports, in_package, is_react_server,
};

/// The modules that pages reach, by id.
pub(super) struct Graph<'l> {
    loader: &'l Loader,
    pub(super) nodes: BTreeMap<String, Node>,
    /// Modules that are in the graph without being explored yet.
    pending: Vec<String>,
}

/// A module with its imports.
pub(super) struct Node {
    pub(super) module: Result<Arc<Module>, ModuleError>,
    pub(super) requests: Vec<Resolved>,
    /// The module that replaces this one if it needs a module of Node.js. Known only for modules that may fail.
    pub(super) browser_replacement: Option<String>,
    /// The module that replaces this one if it needs a global of browsers. Known only after a render.
    pub(super) node_replacement: Option<String>,
    /// Static imports of a module that cannot be loaded, as far as they resolve.
    remaining_imports: Vec<String>,
    problems: Vec<NodeProblem>,
}

/// The result of `require` or of a dynamic import.
pub(super) struct Resolved {
    pub(super) specifier: String,
    pub(super) kind: ImportKind,
    execution: Execution,
    pub(super) result: Result<String, ModuleError>,
}

struct NodeProblem {
    problem: Problem,
    severity: Severity,
    /// The cause, if it is the failure of a module.
    error: Option<ModuleError>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Severity {
    /// The module cannot be used.
    Fatal,
    /// The import fails if it is executed.
    Possible,
    /// The import cannot be bundled, whether or not the module handles the failure.
    Unsupported,
}

/// The errors and warnings of a graph.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) errors: BTreeSet<Problem>,
    pub(super) warnings: BTreeSet<Problem>,
}

impl<'l> Graph<'l> {
    pub(super) fn new(loader: &'l Loader) -> Self {
        Self {
            loader,
            nodes: BTreeMap::new(),
            pending: Vec::new(),
        }
    }

    /// Adds the module `id` and everything that it imports.
    pub(super) fn add(&mut self, id: &str, explored: impl FnMut(usize)) {
        self.pending.push(id.into());
        self.add_pending(explored);
    }

    /// Adds the modules of requests. `explored` receives the number of modules after each.
    pub(super) fn add_pending(&mut self, mut explored: impl FnMut(usize)) {
        loop {
            while let Some(id) = self.pending.pop() {
                if !self.nodes.contains_key(&id) {
                    let node = self.explore(&id);
                    self.pending
                        .extend(node.edges().map(|(id, _)| id.to_owned()));
                    self.nodes.insert(id, node);
                    explored(self.nodes.len());
                }
            }
            self.add_browser_replacements();
            if self.pending.is_empty() {
                return;
            }
        }
    }

    /// Adds an import that was observed while pages were rendered.
    pub(super) fn add_request(&mut self, importer: &str, specifier: &str, kind: ImportKind) {
        let result = self.loader.resolve(specifier, importer, kind);
        let Some(node) = self.nodes.get_mut(importer) else {
            return;
        };
        let mut requests = node.requests.iter();
        if requests.any(|request| request.specifier == specifier && request.kind == kind) {
            return;
        }
        self.pending.extend(result.iter().cloned());
        node.requests.push(Resolved {
            specifier: specifier.into(),
            kind,
            execution: Execution::Sometimes,
            result,
        });
    }

    /// Adds the replacement of a module that was observed while pages were rendered.
    pub(super) fn add_node_replacement(&mut self, id: &str, replacement: String) {
        if let Some(node) = self.nodes.get_mut(id) {
            self.pending.push(replacement.clone());
            node.node_replacement = Some(replacement);
        }
    }

    fn explore(&self, id: &str) -> Node {
        let path = Path::new(id.split('?').next().unwrap_or(id));
        let mut node = Node {
            module: self.loader.module(id),
            requests: Vec::new(),
            browser_replacement: None,
            node_replacement: None,
            remaining_imports: Vec::new(),
            problems: Vec::new(),
        };
        match node.module.clone() {
            Ok(module) if module.cache_key.is_some() => {
                self.resolve_requests(path, &module, &mut node);
            }
            Ok(_) => {}
            Err(error) => self.collect_failed_imports(path, error, &mut node),
        }
        node
    }

    fn resolve_requests(&self, path: &Path, module: &Module, node: &mut Node) {
        // Read only if there is a problem.
        let imports = LazyCell::new(|| SourceImports::read(path));
        let mut computed = 0;
        for request in requests(&module.transformed) {
            let Some(specifier) = request.specifier else {
                computed += 1;
                if request.execution != Execution::Caught {
                    let problem = Problem {
                        file: path.into(),
                        position: imports.position_of_computed(computed - 1),
                        message: "the specifier of the import is computed, so its targets are unknown; use \
                                  `import.meta.glob`, or import each module by its name"
                            .into(),
                    };
                    node.problems.push(NodeProblem {
                        problem,
                        severity: Severity::Possible,
                        error: None,
                    });
                }
                continue;
            };
            let result = self.loader.resolve(&specifier, &module.id, request.kind);
            if is_react_server(path) && matches!(result, Err(ModuleError::NodeBuiltin { .. })) {
                // `js/react_platform.js` replaces these modules.
                continue;
            }
            let severity = match request.execution {
                Execution::Always if request.kind == ImportKind::Require => Some(Severity::Fatal),
                Execution::Always | Execution::Sometimes => Some(Severity::Possible),
                Execution::Caught => None,
            };
            if let (Err(error), Some(severity)) = (&result, severity) {
                let position = imports.position_of(&specifier);
                node.problems.push(NodeProblem {
                    problem: problem_of(path, position, error),
                    severity,
                    error: Some(error.clone()),
                });
            }
            node.requests.push(Resolved {
                specifier,
                kind: request.kind,
                execution: request.execution,
                result,
            });
        }
    }

    /// Records why a module cannot be loaded: the error, or all of its static imports that fail.
    fn collect_failed_imports(&self, path: &Path, error: ModuleError, node: &mut Node) {
        let is_native = path
            .extension()
            .is_some_and(|extension| extension == "node");
        if is_native {
            let message = "native packages are not supported; move the work into a server function";
            node.problems.push(NodeProblem {
                problem: Problem {
                    file: path.into(),
                    position: None,
                    message: message.into(),
                },
                severity: Severity::Unsupported,
                error: Some(error),
            });
            return;
        }
        let is_import = matches!(
            error,
            ModuleError::NotFound { .. } | ModuleError::NodeBuiltin { .. }
        );
        let mut failed = Vec::new();
        if is_import {
            let imports = SourceImports::read(path);
            let id = path.to_string_lossy();
            for specifier in imports.static_specifiers() {
                match self.loader.resolve(specifier, &id, ImportKind::Import) {
                    Ok(imported) => node.remaining_imports.push(imported),
                    Err(error) => {
                        let position = imports.position_of(specifier);
                        failed.push((problem_of(path, position, &error), error));
                    }
                }
            }
        }
        if failed.is_empty() {
            failed.push((problem_of(path, None, &error), error));
        }
        for (problem, error) in failed {
            node.problems.push(NodeProblem {
                problem,
                severity: Severity::Fatal,
                error: Some(error),
            });
        }
    }

    /// Finds the replacements for modules of packages that may need a module of Node.js.
    fn add_browser_replacements(&mut self) {
        let mut importers: HashMap<&str, Vec<&str>> = HashMap::new();
        for (id, node) in &self.nodes {
            for (imported, _) in node.edges() {
                importers.entry(imported).or_default().push(id);
            }
        }
        let causes = self.nodes.iter().flat_map(|(id, node)| {
            let errors = node
                .problems
                .iter()
                .filter_map(|problem| problem.error.as_ref());
            let caught = node
                .requests
                .iter()
                .filter_map(|request| request.result.as_ref().err());
            errors
                .chain(caught)
                .find(|error| matches!(error, ModuleError::NodeBuiltin { .. }))
                .map(|error| (id.as_str(), error))
        });
        let mut affected: Vec<(&str, &ModuleError)> = causes.collect();
        let mut visited: BTreeSet<&str> = BTreeSet::new();
        let mut replacements = Vec::new();
        while let Some((id, error)) = affected.pop() {
            if !visited.insert(id) {
                continue;
            }
            let replacement = match &self.nodes[id].browser_replacement {
                Some(replacement) => Some(replacement.clone()),
                None => self.loader.browser_replacement(id, error).ok().flatten(),
            };
            match replacement {
                Some(replacement) => replacements.push((id.to_owned(), replacement)),
                // The failure reaches the importers.
                None => {
                    let importers = importers.get(id).into_iter().flatten();
                    affected.extend(importers.map(|importer| (*importer, error)));
                }
            }
        }
        for (id, replacement) in replacements {
            if !self.nodes.contains_key(&replacement) {
                self.pending.push(replacement.clone());
            }
            if let Some(node) = self.nodes.get_mut(&id) {
                node.browser_replacement = Some(replacement);
            }
        }
    }

    /// Returns the errors and warnings of the modules that `pages` reach.
    ///
    /// A failing import is an error if the project's own code contains it, or if a page cannot be rendered without
    /// it. In packages, imports that may never be executed are warnings: they fail when they are executed.
    pub(super) fn findings<'p>(&self, pages: impl IntoIterator<Item = &'p str>) -> Findings {
        let mut needed = BTreeSet::new();
        let mut pending: Vec<&str> = pages.into_iter().collect();
        while let Some(id) = pending.pop() {
            let Some((id, node)) = self.nodes.get_key_value(id) else {
                continue;
            };
            if !needed.insert(id.as_str()) {
                continue;
            }
            match &node.browser_replacement {
                Some(replacement) if self.is_broken(id, &mut BTreeSet::new()) => {
                    needed.remove(id.as_str());
                    pending.push(replacement);
                }
                _ => pending.extend(node.edges().filter(|(_, always)| *always).map(|(id, _)| id)),
            }
        }
        let mut findings = Findings::default();
        for (id, node) in &self.nodes {
            for NodeProblem {
                problem, severity, ..
            } in &node.problems
            {
                let imports = match problem.position {
                    Some(_) => Vec::new(),
                    None => self.imports_of(id, problem),
                };
                let is_error = match severity {
                    Severity::Fatal => needed.contains(id.as_str()) || !in_package(Path::new(id)),
                    Severity::Possible => !in_package(Path::new(id)),
                    Severity::Unsupported => true,
                };
                let problems = if is_error {
                    &mut findings.errors
                } else {
                    &mut findings.warnings
                };
                if imports.is_empty() {
                    problems.insert(problem.clone());
                } else {
                    problems.extend(imports);
                }
            }
        }
        findings
    }

    /// Returns `problem`, which the module `id` has as a whole, for each import of the module.
    fn imports_of(&self, id: &str, problem: &Problem) -> Vec<Problem> {
        let mut imports = Vec::new();
        for (importer, node) in &self.nodes {
            let module = node.module.as_ref().ok();
            let statics = module.into_iter().flat_map(|module| &module.imports);
            let statics = statics.map(|(specifier, id)| (specifier, Some(id.as_str())));
            let requests = node.requests.iter();
            let requests = requests.map(|it| (&it.specifier, it.result.as_deref().ok()));
            for (specifier, imported) in statics.chain(requests) {
                if imported == Some(id) {
                    let file = Path::new(importer);
                    imports.push(Problem {
                        file: file.into(),
                        position: SourceImports::read(file).position_of(specifier),
                        message: format!(
                            "cannot import `{specifier}`, which is {}: {}",
                            problem.file.display(),
                            problem.message
                        ),
                    });
                }
            }
        }
        imports
    }

    /// Returns whether the evaluation of the module `id` fails.
    fn is_broken<'a>(&'a self, id: &'a str, visited: &mut BTreeSet<&'a str>) -> bool {
        let Some(node) = self.nodes.get(id) else {
            return false;
        };
        if !visited.insert(id) {
            return false;
        }
        if node
            .problems
            .iter()
            .any(|it| it.severity != Severity::Possible)
        {
            return true;
        }
        node.edges().any(|(imported, always)| {
            let is_replaced = self
                .nodes
                .get(imported)
                .is_some_and(|node| node.browser_replacement.is_some());
            always && !is_replaced && self.is_broken(imported, visited)
        })
    }
}

impl Node {
    /// Returns the imported modules. The second value tells whether each evaluation of the module needs the import.
    fn edges(&self) -> impl Iterator<Item = (&str, bool)> {
        let module = self.module.as_ref().ok();
        let imports = module.into_iter().flat_map(|module| &module.imports);
        let imports = imports.map(|(_, id)| (id.as_str(), true));
        let remaining = self.remaining_imports.iter().map(|id| (id.as_str(), true));
        let requests = self.requests.iter().filter_map(|request| {
            let always =
                request.execution == Execution::Always && request.kind == ImportKind::Require;
            Some((request.result.as_deref().ok()?, always))
        });
        imports.chain(remaining).chain(requests)
    }
}

/// Describes the failure of an import in the file `path`.
pub(super) fn problem_of(
    path: &Path,
    position: Option<(u32, u32)>,
    error: &ModuleError,
) -> Problem {
    let (file, position, message) = match error {
        ModuleError::NotFound {
            specifier, reason, ..
        } => (
            path,
            position,
            format!("cannot find module `{specifier}`: {reason}"),
        ),
        ModuleError::NodeBuiltin { specifier, .. } => (
            path,
            position,
            format!(
                "the Node.js module `{specifier}` is not available; move the work into a server function, or use a \
                 package that supports edge runtimes"
            ),
        ),
        ModuleError::Syntax(error) => (
            error.file.as_path(),
            Some((error.line, error.column)),
            error.message.clone(),
        ),
        ModuleError::Unreadable { file, reason } => {
            (file.as_path(), None, format!("cannot be read: {reason}"))
        }
        ModuleError::Unsupported { file, reason } => (file.as_path(), None, reason.clone()),
    };
    Problem {
        file: file.into(),
        position,
        message,
    }
}
