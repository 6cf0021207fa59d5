//! The tests of ECMAScript modules in `tests/test262`, from <https://github.com/tc39/test262>.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mizan_ssr::Renderer;
use mizan_ssr::renderer::EngineKind;
use serde_json::json;

use crate::app::{inside, on_engines};

/// The settings of a test, from the comment at its beginning.
#[derive(Debug, Default)]
struct Settings {
    includes: Vec<String>,
    is_async: bool,
    /// The name of the error with which the test must fail.
    error: Option<String>,
}

#[test]
fn passes_test262_except_expected_failures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/test262");
    let expected = expected_failures(&folder.join("expected-failures.txt"));
    let files = test_files(&folder.join("language"));
    assert!(files.len() > 600, "the tests are found");
    on_engines(|engine| {
        // QuickJS runs the same JavaScript, but takes too long in an unoptimized build.
        if format!("{engine:?}") != "V8" {
            return;
        }
        let failures = failures(engine, &folder, &files);
        println!(
            "test262: {} of {} pass",
            files.len() - failures.len(),
            files.len()
        );
        let unexpected: Vec<_> = failures
            .iter()
            .filter(|(file, _)| !expected.contains(*file))
            .map(|(file, reason)| format!("{file}: {reason}"))
            .collect();
        let passing: Vec<_> = expected
            .iter()
            .filter(|file| !failures.contains_key(*file))
            .collect();
        assert!(
            unexpected.is_empty() && passing.is_empty(),
            "failed unexpectedly:\n{}\npassed unexpectedly:\n{passing:#?}",
            unexpected.join("\n"),
        );
    });
}

/// Runs all files and returns those that fail, with the reasons.
fn failures(engine: EngineKind, folder: &Path, files: &[String]) -> BTreeMap<String, String> {
    const THREADS: usize = 2;
    let run_part = |part: usize| {
        let renderer = Renderer::builder()
            .root(folder)
            .engine(engine)
            .threads(1)
            .fresh_modules(true)
            .no_disk_cache()
            .build()
            .expect("valid settings");
        let mine = files.iter().skip(part).step_by(THREADS);
        mine.filter_map(|file| {
            let source = fs::read_to_string(folder.join("language").join(file));
            let settings = Settings::of(&source.expect("a readable file"));
            let reason = failure(&renderer, file, &settings)?;
            Some((file.clone(), reason))
        })
        .collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|part| scope.spawn(move || run_part(part)))
            .collect();
        let results = threads.into_iter();
        results
            .flat_map(|thread| thread.join().expect("no panic"))
            .collect()
    })
}

/// Runs a file. Returns the reason if it fails.
fn failure(renderer: &Renderer, file: &str, settings: &Settings) -> Option<String> {
    let props = json!({
        "file": file,
        "includes": settings.includes,
        "isAsync": settings.is_async,
    });
    let outcome = match renderer.render_blocking("Run.jsx", &props) {
        Ok(rendered) => inside(&rendered.html),
        Err(error) => return Some(format!("not rendered: {error}")),
    };
    match &settings.error {
        None if outcome.is_empty() => None,
        None => Some(outcome),
        Some(error) if outcome.starts_with(&format!("<pre>{error}: ")) => None,
        Some(error) if outcome.is_empty() => Some(format!("expected a {error}")),
        Some(error) => Some(format!("expected a {error} instead of {outcome}")),
    }
}

/// Returns the tests below `folder`, without the modules that they import.
fn test_files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(current).expect("a readable folder") {
            let path: PathBuf = entry.expect("an entry").path();
            let name = path.to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".js") && !name.contains("_FIXTURE") {
                let relative = path.strip_prefix(folder).expect("a path in the folder");
                files.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    files.sort();
    files
}

/// Reads a list of files, in groups below the comment that states the reason.
fn expected_failures(list: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(list).expect("the list of expected failures");
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(String::from)
        .collect()
}

impl Settings {
    fn of(source: &str) -> Self {
        let header = source
            .split_once("/*---")
            .and_then(|(_, rest)| rest.split_once("---*/"));
        let Some((header, _)) = header else {
            return Self::default();
        };
        let list = |key: &str| -> Vec<String> {
            let lines = header.lines();
            let value = lines
                .filter_map(|line| line.strip_prefix(key)?.strip_prefix(": ["))
                .find_map(|rest| rest.trim_end().strip_suffix(']'));
            let items = value.unwrap_or_default().split(',');
            items
                .map(|item| item.trim().to_owned())
                .filter(|item| !item.is_empty())
                .collect()
        };
        let negative = header.split_once("negative:").map(|(_, rest)| rest);
        let error = negative.and_then(|rest| {
            let lines = rest.lines();
            let mut names = lines.filter_map(|line| line.trim().strip_prefix("type:"));
            names.next().map(|name| name.trim().to_owned())
        });
        Self {
            includes: list("includes"),
            is_async: list("flags").iter().any(|flag| flag == "async"),
            error,
        }
    }
}
