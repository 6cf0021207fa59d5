//! Modules of the project and its packages: resolving, reading, transforming and caching.

#[cfg(feature = "css-modules")]
mod css_module;
mod disk_cache;
mod encoding;
mod error;
mod generated_module;
mod glob_import;
mod import_location;

mod loader;
mod missing_export;
mod module;
mod module_kind;
mod package;
mod resolver;
mod source_imports;
mod source_map;
mod stack_trace;
mod transform;

pub use disk_cache::CacheStatistics;
pub(crate) use disk_cache::{DiskCache, default_directory};
pub(crate) use encoding::{Reader, put_module};
pub(crate) use error::{ModuleError, source_excerpt};
pub(crate) use import_location::import_error;
pub(crate) use loader::Loader;
pub(crate) use missing_export::MissingExport;
pub(crate) use module::{CompiledCode, Module, ReactFiles, SourceFile};
pub(crate) use module_kind::is_react_server;
pub(crate) use package::in_package;
pub(crate) use resolver::ImportKind;
pub(crate) use source_imports::{SourceImports, literal};
pub(crate) use stack_trace::map_stack;
pub(crate) use transform::{
    DYNAMIC_IMPORT, IMPORT, JSX_ELEMENTS, ModuleFormat, NAME_DEFAULT, REGISTER_EXPORTS,
    TransformedModule, on_large_stack,
};
