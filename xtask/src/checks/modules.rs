//! The module graph of each crate, and the cycles in it.
//!
//! A node is a source file. A file depends on another file if it uses an item that the other file defines. Re-exports are
//! followed to the definition, and are not dependencies themselves. Code under `#[cfg(test)]` is ignored.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Item, UseTree};

use crate::project;

/// Prints the cycles of every crate. Returns whether there are none.
pub(crate) fn run() -> anyhow::Result<bool> {
    let mut is_acyclic = true;
    for source in project::RUST_SOURCES {
        let root = project::root().join(source);
        for cycle in cycles(&root)? {
            is_acyclic = false;
            println!("{source}: {} files in a cycle", cycle.files.len());
            for reference in &cycle.references {
                println!("    {reference}");
            }
        }
    }
    Ok(is_acyclic)
}

/// Fails if a crate has a cycle between its modules.
pub(crate) fn check() -> anyhow::Result<()> {
    anyhow::ensure!(run()?, "modules depend on each other in a cycle");
    Ok(())
}

/// Files that depend on each other.
struct Cycle {
    files: Vec<String>,
    /// The reasons: `a.rs -> b.rs (crate::b::Item)`.
    references: Vec<String>,
}

/// Returns the cycles of the crate whose root is the file `root`.
fn cycles(root: &Path) -> anyhow::Result<Vec<Cycle>> {
    let krate = Crate::read(root)?;
    let edges = krate.edges();
    let graph: DiGraphMap<usize, ()> = edges.keys().copied().collect();
    let components = tarjan_scc(&graph).into_iter().filter(|it| it.len() > 1);
    Ok(components
        .map(|files| Cycle {
            references: edges
                .iter()
                .filter(|((from, to), _)| files.contains(from) && files.contains(to))
                .map(|(&(from, to), path)| {
                    format!("{} -> {} ({path})", krate.files[from], krate.files[to])
                })
                .collect(),
            files: files
                .iter()
                .map(|&file| krate.files[file].clone())
                .collect(),
        })
        .collect())
}

/// The modules of a crate.
struct Crate {
    /// Names relative to the folder of the crate's root.
    files: Vec<String>,
    modules: Vec<Module>,
}

struct Module {
    parent: usize,
    file: usize,
    children: BTreeMap<String, usize>,
    items: BTreeSet<String>,
    imports: Vec<Import>,
    /// Every path and identifier in the module, except in its imports and its child modules.
    paths: BTreeSet<Vec<String>>,
}

struct Import {
    /// The name that the import binds; `*` for a glob.
    name: String,
    path: Vec<String>,
    is_reexport: bool,
}

/// The module or item that a path names.
#[derive(Clone, Copy)]
enum Target {
    Module(usize),
    /// An item of this module.
    Item(usize),
}

const ROOT: usize = 0;

impl Crate {
    fn read(root: &Path) -> anyhow::Result<Self> {
        let mut krate = Self {
            files: Vec::new(),
            modules: Vec::new(),
        };
        let folder = root.parent().context("a crate's root is in a folder")?;
        krate.read_file(root, folder, folder, ROOT)?;
        Ok(krate)
    }

    /// Reads a module from its file. `children` is the folder of its child modules.
    fn read_file(
        &mut self,
        path: &Path,
        children: &Path,
        root: &Path,
        parent: usize,
    ) -> anyhow::Result<usize> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let syntax =
            syn::parse_file(&text).with_context(|| format!("cannot parse {}", path.display()))?;
        let name = path.strip_prefix(root).unwrap_or(path);
        self.files.push(name.display().to_string());
        self.read_items(syntax.items, self.files.len() - 1, children, root, parent)
    }

    fn read_items(
        &mut self,
        items: Vec<Item>,
        file: usize,
        folder: &Path,
        root: &Path,
        parent: usize,
    ) -> anyhow::Result<usize> {
        let this = self.modules.len();
        self.modules.push(Module {
            parent,
            file,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            imports: Vec::new(),
            paths: BTreeSet::new(),
        });
        for item in items {
            if is_test(&item) {
                continue;
            }
            match item {
                // A file of another crate, which cannot import from this one.
                Item::Mod(module) if module.attrs.iter().any(|it| it.path().is_ident("path")) => {}
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let child = match module.content {
                        Some((_, items)) => {
                            self.read_items(items, file, &folder.join(&name), root, this)?
                        }
                        None => {
                            let path = module_file(folder, &name)?;
                            self.read_file(&path, &folder.join(&name), root, this)?
                        }
                    };
                    self.modules[this].children.insert(name, child);
                }
                Item::Use(import) => {
                    let is_reexport = !matches!(import.vis, syn::Visibility::Inherited);
                    let module = &mut self.modules[this];
                    read_imports(
                        &import.tree,
                        &mut Vec::new(),
                        is_reexport,
                        &mut module.imports,
                    );
                }
                item => {
                    let module = &mut self.modules[this];
                    module.items.extend(item_name(&item));
                    read_paths(item.into_token_stream(), &mut module.paths);
                }
            }
        }
        Ok(this)
    }

    /// Returns the dependencies between files, each with a path that causes it.
    fn edges(&self) -> BTreeMap<(usize, usize), String> {
        let mut edges = BTreeMap::new();
        for (index, module) in self.modules.iter().enumerate() {
            let is_used = |import: &Import| {
                !import.is_reexport || module.paths.iter().any(|path| path[0] == import.name)
            };
            let imported = module
                .imports
                .iter()
                .filter(|it| is_used(it))
                .map(|it| &it.path);
            let named = module.paths.iter().filter(|path| path.len() > 1);
            for path in imported.chain(named) {
                let Some(Target::Item(target)) = self.resolve(index, path, 0) else {
                    continue;
                };
                let target = self.modules[target].file;
                if target != module.file {
                    edges
                        .entry((module.file, target))
                        .or_insert_with(|| path.join("::"));
                }
            }
        }
        edges
    }

    /// Follows a path from a module. Returns `None` if it leads out of the crate.
    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Target::Module(ROOT),
            "self" => Target::Module(from),
            "super" => Target::Module(self.modules[from].parent),
            name => self.lookup(from, name, depth)?,
        };
        self.follow(start, rest, depth)
    }

    fn follow(&self, start: Target, path: &[String], depth: usize) -> Option<Target> {
        let mut target = start;
        for segment in path {
            let Target::Module(module) = target else {
                // The rest names a variant or an associated item.
                return Some(target);
            };
            target = match segment.as_str() {
                "super" => Target::Module(self.modules[module].parent),
                "self" => target,
                // Items that a macro defines are unknown here, and are attributed to the module in their path.
                name => self
                    .lookup(module, name, depth)
                    .unwrap_or(Target::Item(module)),
            };
        }
        Some(target)
    }

    /// Finds a name in the scope of a module.
    fn lookup(&self, module: usize, name: &str, depth: usize) -> Option<Target> {
        // Limits the recursion, because imports may be circular.
        if depth > 16 {
            return None;
        }
        let scope = &self.modules[module];
        if let Some(&child) = scope.children.get(name) {
            return Some(Target::Module(child));
        }
        if scope.items.contains(name) {
            return Some(Target::Item(module));
        }
        // An import of the name from another crate of the same name would resolve to itself.
        let leads_on = |import: &&Import| import.path.first().is_some_and(|first| first != name);
        let named = scope
            .imports
            .iter()
            .filter(|it| it.name == name)
            .filter(leads_on)
            .find_map(|it| self.resolve(module, &it.path, depth + 1));
        named.or_else(|| {
            let globs = scope.imports.iter().filter(|it| it.name == "*");
            globs.filter(leads_on).find_map(|it| {
                let Target::Module(target) = self.resolve(module, &it.path, depth + 1)? else {
                    return None;
                };
                (target != module)
                    .then(|| self.lookup(target, name, depth + 1))
                    .flatten()
            })
        })
    }
}

/// Returns the file of the child module `name`, by the rules of rustc.
fn module_file(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let beside = folder.join(format!("{name}.rs"));
    let inside = folder.join(name).join("mod.rs");
    [beside, inside]
        .into_iter()
        .find(|path| path.is_file())
        .with_context(|| format!("no file for the module {name} in {}", folder.display()))
}

fn read_imports(tree: &UseTree, path: &mut Vec<String>, is_reexport: bool, to: &mut Vec<Import>) {
    let mut bind = |name: String, path: Vec<String>| {
        to.push(Import {
            name,
            path,
            is_reexport,
        });
    };
    let with = |path: &[String], ident: &syn::Ident| [path, &[ident.to_string()]].concat();
    match tree {
        UseTree::Path(part) => {
            path.push(part.ident.to_string());
            read_imports(&part.tree, path, is_reexport, to);
            path.pop();
        }
        UseTree::Name(last) if last.ident == "self" => {
            bind(path.last().cloned().unwrap_or_default(), path.clone());
        }
        UseTree::Name(last) => bind(last.ident.to_string(), with(path, &last.ident)),
        UseTree::Rename(last) => bind(last.rename.to_string(), with(path, &last.ident)),
        UseTree::Glob(_) => bind("*".to_owned(), path.clone()),
        UseTree::Group(group) => {
            for tree in &group.items {
                read_imports(tree, path, is_reexport, to);
            }
        }
    }
}

/// Collects the paths and single identifiers in `tokens`, including in the arguments of macros.
fn read_paths(tokens: TokenStream, to: &mut BTreeSet<Vec<String>>) {
    let mut path: Vec<String> = Vec::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 && !path.is_empty() {
                    to.insert(std::mem::take(&mut path));
                }
                path.push(ident.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            other => {
                if !path.is_empty() {
                    to.insert(std::mem::take(&mut path));
                }
                colons = 0;
                if let TokenTree::Group(group) = other {
                    read_paths(group.stream(), to);
                }
            }
        }
    }
    if !path.is_empty() {
        to.insert(path);
    }
}

fn item_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(it) => &it.ident,
        Item::Enum(it) => &it.ident,
        Item::Fn(it) => &it.sig.ident,
        Item::Macro(it) => it.ident.as_ref()?,
        Item::Static(it) => &it.ident,
        Item::Struct(it) => &it.ident,
        Item::Trait(it) => &it.ident,
        Item::TraitAlias(it) => &it.ident,
        Item::Type(it) => &it.ident,
        Item::Union(it) => &it.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

/// Returns whether an item is compiled for tests only.
fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .meta
                .to_token_stream()
                .into_iter()
                .any(|token| match token {
                    TokenTree::Group(group) => has_test(group.stream()),
                    _ => false,
                })
    })
}

fn has_test(condition: TokenStream) -> bool {
    let mut is_negated = false;
    for token in condition {
        match token {
            TokenTree::Ident(ident) if ident == "test" => return true,
            TokenTree::Ident(ident) => is_negated = ident == "not",
            TokenTree::Group(group) if !is_negated && has_test(group.stream()) => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the files of a crate, and returns the files of its cycles.
    fn cycles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
            fs::write(path, text).expect("a writable folder");
        }
        let found = cycles(&folder.path().join("lib.rs")).expect("a valid crate");
        let sorted = |mut files: Vec<String>| {
            files.sort();
            files
        };
        found.into_iter().map(|it| sorted(it.files)).collect()
    }

    #[test]
    fn finds_two_files_that_name_each_other() {
        let found = cycles_of(&[
            ("lib.rs", "mod a; mod b; pub use a::A;"),
            ("a.rs", "use crate::b::B; pub struct A(B);"),
            ("b.rs", "pub struct B; fn f(_: &super::a::A) {}"),
        ]);
        assert_eq!(found, [["a.rs", "b.rs"]]);
    }

    #[test]
    fn follows_reexports_to_the_definition() {
        let found = cycles_of(&[
            ("lib.rs", "mod a; mod b; pub use a::A; pub use b::*;"),
            ("a.rs", "use crate::B; pub struct A(B);"),
            (
                "b.rs",
                "pub struct B; fn f() { println!(\"{}\", crate::A::NAME) }",
            ),
        ]);
        assert_eq!(found, [["a.rs", "b.rs"]]);
    }

    #[test]
    fn finds_a_parent_and_a_child_that_name_each_other() {
        let found = cycles_of(&[
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod part; use part::Part; pub struct A(Part);"),
            (
                "a/part.rs",
                "pub struct Part; impl Part { fn of(_: super::A) {} }",
            ),
        ]);
        assert_eq!(found, [["a/mod.rs", "a/part.rs"]]);
    }

    #[test]
    fn accepts_reexports_and_tests() {
        let found = cycles_of(&[
            ("lib.rs", "mod a; mod b; pub use a::A;"),
            ("a.rs", "use crate::b::B; pub struct A(B);"),
            (
                "b.rs",
                "pub struct B; #[cfg(test)] mod tests { use crate::A; }",
            ),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }
}
