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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::process::Command;

    use serde_json::{Map, Value};

    use super::EnvSettings;

    /// Values on one line and their variants, which the syntax treats differently.
    const LINES: [&str; 30] = [
        "VITE_X=plain",
        "VITE_X='single'",
        "VITE_X=`back`",
        "VITE_X=\"double\" trailing",
        "VITE_X=\"unclosed",
        "VITE_X='unclosed\nVITE_Y=2",
        "VITE_X=  leading",
        "VITE_X=a#b",
        "VITE_X=a #b",
        "VITE_X=\"a#b\"#c",
        "VITE_X='it''s'",
        "VITE_X=a=b=c",
        "VITE_X=\"\\n\"",
        "VITE_X='\\n'",
        "VITE_X=\"\\t\\\"q\"",
        "VITE_X=\n\n\nVITE_Y=y",
        "VITE_X= \nVITE_Y=y",
        "VITE_X=$",
        "VITE_X=$$",
        "VITE_A=1\nVITE_X=$VITE_A$VITE_A",
        "VITE_A=1\nVITE_X=${VITE_A}_${VITE_A:-2}",
        "VITE_A=\nVITE_X=${VITE_A:-2}${VITE_A-3}",
        "VITE_A=1\nVITE_X=${VITE_A:+yes}${VITE_NO:+no}",
        "VITE_A=a$$b\nVITE_X=-$VITE_A-",
        "VITE_Z=$VITE_A\nVITE_A=$VITE_Z",
        "VITE_X=${",
        "VITE_X=${}",
        "  # comment\n  VITE_X=1",
        "VITE_X=1\nVITE_X=2",
        "export   VITE_X=1\nexport=2",
    ];

    #[test]
    fn file_syntax_equals_vite() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        if !workspace.join("node_modules/vite").is_dir() {
            println!("not run: the packages are missing; run `npm ci` at the workspace's root");
            return;
        }
        let directory = tempfile::tempdir().expect("a temporary directory");
        for (number, line) in LINES.iter().enumerate() {
            let folder = directory.path().join(number.to_string());
            std::fs::create_dir(&folder).expect("a new directory");
            std::fs::write(folder.join(".env"), line).expect("a writable file");
        }
        let script = "import { loadEnv } from 'vite'; import { join } from 'node:path';
            const [directory, count] = process.argv.slice(1);
            const numbers = Array.from({ length: Number(count) }, (_, number) => String(number));
            console.log(JSON.stringify(numbers.map((number) => loadEnv('production', join(directory, number)))));";
        let output = Command::new("node")
            .args(["--input-type=module", "-e", script])
            .arg(directory.path())
            .arg(LINES.len().to_string())
            .current_dir(workspace)
            .output();
        let Ok(output) = output else {
            println!("not run: there is no node to compare with");
            return;
        };
        let problem = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{problem}");
        let expected: Vec<Map<String, Value>> =
            serde_json::from_slice(&output.stdout).expect("valid JSON");
        let settings = EnvSettings::default();
        for (number, line) in LINES.iter().enumerate() {
            let folder = directory.path().join(number.to_string());
            let variables = settings.variables("production", &folder, &BTreeMap::new());
            assert_eq!(
                variables.expect("readable files"),
                expected[number],
                "{line:?}"
            );
        }
    }

    #[test]
    fn variables_of_the_process_have_precedence() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = "VITE_A=file\nVITE_B=$VITE_A-$SECRET";
        std::fs::write(directory.path().join(".env"), file).expect("a writable file");
        let process = [("VITE_A", "process"), ("SECRET", "s"), ("VITE_C", "only")];
        let process = process
            .map(|(name, value)| (name.into(), value.into()))
            .into();
        let variables = EnvSettings::default().variables("production", directory.path(), &process);
        let variables = Value::from(variables.expect("readable files"));
        let expected =
            serde_json::json!({ "VITE_A": "process", "VITE_B": "process-s", "VITE_C": "only" });
        assert_eq!(variables, expected);
    }
}
