//! The variables of `import.meta.env`, as Vite resolves them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

pub(crate) use self::error::EnvError;
use self::expand::expand;
use self::parse::parse;

mod error;
mod expand;
mod parse;

/// The settings of Vite's configuration that determine `import.meta.env`.
#[derive(Clone, Debug, Default)]
pub(crate) struct EnvSettings {
    pub(crate) mode: Option<String>,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) prefixes: Vec<String>,
}

/// Returns the variables of the process whose names and values are UTF-8.
pub(crate) fn process_variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

impl EnvSettings {
    /// Returns the variables of `.env` files and of the process that the browser may see.
    ///
    /// `mode` applies unless the settings have one, and `root` is Vite's root directory. All other variables
    /// may be secrets and do not leave this function.
    ///
    /// # Errors
    ///
    /// Returns [`EnvError`] if a file cannot be read, or if a setting would expose all variables.
    pub(crate) fn variables(
        &self,
        mode: &str,
        root: &Path,
        process: &BTreeMap<String, String>,
    ) -> Result<Map<String, Value>, EnvError> {
        let mode = self.mode.as_deref().unwrap_or(mode);
        if mode == "local" {
            return Err(EnvError::LocalMode);
        }
        if self.prefixes.iter().any(String::is_empty) {
            return Err(EnvError::EmptyPrefix);
        }
        let directory = match &self.directory {
            Some(directory) => root.join(directory),
            None => root.into(),
        };
        let mut parsed: Vec<(String, String)> = Vec::new();
        for name in file_names(mode) {
            for (name, value) in parse(&read(&directory.join(name))?) {
                match parsed.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, known)) => *known = value,
                    None => parsed.push((name, value)),
                }
            }
        }
        expand(&mut parsed, process);
        let is_public = |name: &str| match self.prefixes.as_slice() {
            [] => name.starts_with("VITE_"),
            prefixes => prefixes.iter().any(|prefix| name.starts_with(prefix)),
        };
        let process = process.iter();
        let process = process.map(|(name, value)| (name.clone(), value.clone()));
        Ok(parsed
            .into_iter()
            .chain(process)
            .filter(|(name, _)| is_public(name))
            .map(|(name, value)| (name, Value::from(value)))
            .collect())
    }
}

/// Returns the names of the files, those with precedence last.
fn file_names(mode: &str) -> [String; 4] {
    [
        ".env".into(),
        ".env.local".into(),
        format!(".env.{mode}"),
        format!(".env.{mode}.local"),
    ]
}

/// Returns the content of a file; empty if there is no such file.
fn read(file: &Path) -> Result<String, EnvError> {
    match std::fs::read(file) {
        Ok(content) => Ok(String::from_utf8_lossy(&content).into_owned()),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::IsADirectory
                    | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(String::new())
        }
        Err(source) => Err(EnvError::Unreadable {
            file: file.into(),
            source,
        }),
    }
}
