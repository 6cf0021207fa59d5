//! The Web Platform Tests in `tests/wpt`, compared with the list of expected failures.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mizan_ssr::renderer::EngineKind;
use serde::Deserialize;
use serde_json::json;

use crate::app::{App, packages};

/// The tests of a file that are expected to fail.
#[derive(Deserialize)]
struct ExpectedFailures {
    file: String,
    /// The engine that fails; both without a value.
    engine: Option<String>,
    #[serde(rename = "reason")]
    _reason: String,
    /// The names of the tests, or patterns with `*` for any text.
    tests: Vec<String>,
}

/// The outcome of a file, as the module `report.js` returns it.
#[derive(Deserialize)]
struct Outcome {
    /// The error of the file itself.
    error: Option<String>,
    /// The name of each test, with a message if it failed.
    tests: Vec<(String, Option<String>)>,
}

/// Replaces `common/sab.js`, which gets a constructor with the help of WebAssembly.
const SAB: &str = r"
    const createBuffer = (type, length) =>
      type === 'ArrayBuffer' ? new ArrayBuffer(length) : new SharedArrayBuffer(length);
";
/// Collects the results of testharness.js, and defines what the helpers of tests need from a browser.
const REPORT: &str = r#"
    globalThis.location = { search: "" };
    globalThis.GLOBAL = { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false };
    // Tests of blobs read their contents with it.
    globalThis.FileReader = class FileReader extends EventTarget {
      readAsText(blob) {
        this.#load(blob.text());
      }
      readAsArrayBuffer(blob) {
        this.#load(blob.arrayBuffer());
      }
      #load(reading) {
        reading.then((result) => {
          this.result = result;
          for (const name of ["load", "loadend"]) this.dispatchEvent(new Event(name));
        });
      }
    };
    const tests = [];
    add_result_callback(({ name, status, message }) => {
      const error = status === 0 ? null : String(message ?? "did not complete");
      tests.push([name.toWellFormed(), error && error.toWellFormed()]);
    });
    // Reports what there is if a test never completes.
    const TIMEOUT = 2_000;
    module.exports = new Promise((resolve) => {
      add_completion_callback((_, { status, message }) => {
        resolve({ error: status === 0 ? null : message, tests });
      });
      setTimeout(() => resolve({ error: "a test did not complete", tests }), TIMEOUT);
    });
"#;
const PAGE: &str = r#"
    import "./testharness.cjs";
    import report from "./report.cjs";
    import "./TEST.cjs";
    import { use } from "react";
    export default () => <div dangerouslySetInnerHTML={{ __html: JSON.stringify(use(report)) }} />;
"#;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wpt")
}

/// Returns the test files below `folder`, relative to the root of the tests.
fn test_files(root: &Path, folder: &Path, files: &mut Vec<String>) {
    let entries = fs::read_dir(folder).expect("a readable folder");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            test_files(root, &path, files);
        } else if path.to_string_lossy().ends_with(".any.js") {
            let relative = path.strip_prefix(root).expect("a path below the root");
            files.push(relative.to_str().expect("UTF-8").into());
        }
    }
}

/// Returns a test with the scripts that its comments name, as one module.
fn combined(root: &Path, file: &str) -> String {
    let path = root.join(file);
    let source = fs::read_to_string(&path).expect("a test");
    let folder = path.parent().expect("a folder");
    // Tests fetch their data from files beside them.
    let mut combined = format!(
        "module = exports = undefined; const fetch = async (path) => ({{ json: async () => require(path.startsWith('/') ? {root:?} + path : {folder:?} + '/' + path) }});"
    );
    for line in source.lines() {
        if let Some(script) = line.strip_prefix("// META: script=") {
            let path = match script.strip_prefix('/') {
                Some(path) => root.join(path),
                None => folder.join(script),
            };
            if path.ends_with("common/sab.js") {
                combined += SAB;
                continue;
            }
            let script = fs::read_to_string(&path);
            combined += &script.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            combined.push('\n');
        }
    }
    combined + &source
}

fn run(engine: EngineKind, root: &Path, files: &[String]) -> BTreeMap<String, Outcome> {
    let harness = fs::read_to_string(root.join("resources/testharness.js")).expect("the harness");
    let app = App::new(&[("testharness.cjs", &harness), ("report.cjs", REPORT)]);
    let renderer = app
        .builder(engine)
        .fresh_modules(true)
        .deadline(Duration::from_secs(60))
        .build()
        .expect("valid settings");
    let run = |(index, file): (usize, &String)| {
        app.write(&format!("{index}.cjs"), &combined(root, file));
        let page = format!("{index}.tsx");
        app.write(&page, &PAGE.replace("TEST", &index.to_string()));
        let outcome = match renderer.render_blocking(&page, &json!({})) {
            Ok(rendered) => {
                let json = rendered.html.strip_prefix("<div id=\"mizan-root\"><div>");
                let json = json.and_then(|json| json.strip_suffix("</div></div>"));
                serde_json::from_str(json.expect("the markup of the page")).expect("an outcome")
            }
            Err(error) => Outcome {
                error: Some(error.to_string()),
                tests: Vec::new(),
            },
        };
        (file.clone(), outcome)
    };
    files.iter().enumerate().map(run).collect()
}

/// Returns whether a name has the form of a pattern, in which `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The name under which an error of a file itself is listed.
const FILE: &str = "(the file itself)";

/// Runs all tests on `engine`, prints how many pass for each API, and fails if the results differ from the list.
fn check(engine: EngineKind) {
    if packages().is_none() {
        println!("not run: there is no node_modules with react-dom; run `npm ci`");
        return;
    }
    let root = folder();
    let list = fs::read_to_string(root.join("expected_failures.json")).expect("the list");
    let expected: Vec<ExpectedFailures> = serde_json::from_str(&list).expect("valid JSON");
    let mut files = Vec::new();
    test_files(&root, &root, &mut files);
    if let Ok(only) = std::env::var("MIZAN_WPT") {
        files.retain(|file| file.contains(&only));
    }
    let engine_name = format!("{engine:?}").to_lowercase();
    let mut problems = String::new();
    let mut figures: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (file, outcome) in run(engine, &root, &files) {
        let listed: Vec<&str> = expected
            .iter()
            .filter(|entry| matches(&entry.file, &file))
            .filter(|entry| {
                let engine = entry.engine.as_ref();
                engine.is_none_or(|name| *name == engine_name)
            })
            .flat_map(|entry| entry.tests.iter().map(String::as_str))
            .collect();
        let is_listed = |test: &str| listed.iter().any(|pattern| matches(pattern, test));
        let api = file.split('/').next().unwrap_or_default();
        let (passed, total) = figures.entry(api.into()).or_default();
        *total += outcome.tests.len();
        let passing = outcome.tests.iter().filter(|(_, error)| error.is_none());
        *passed += passing.count();
        let file_error = outcome.error.map(|error| (FILE.to_owned(), Some(error)));
        let mut matched: BTreeSet<&str> = BTreeSet::new();
        for (test, error) in outcome.tests.into_iter().chain(file_error) {
            matched.extend(listed.iter().filter(|pattern| matches(pattern, &test)));
            match error {
                Some(error) if !is_listed(&test) => {
                    let _ = writeln!(problems, "{file}: failed: {test}: {error}");
                }
                None if is_listed(&test) => {
                    let _ = writeln!(problems, "{file}: passed unexpectedly: {test}");
                }
                _ => {}
            }
        }
        for pattern in listed.iter().filter(|pattern| !matched.contains(*pattern)) {
            let _ = writeln!(problems, "{file}: no test has the name {pattern}");
        }
    }
    for (api, (passed, total)) in figures {
        println!("{engine_name}: {api}: {passed} of {total} tests passed");
    }
    assert!(problems.is_empty(), "{problems}");
}

#[cfg(feature = "v8")]
#[test]
fn v8_matches_expected_results_of_web_platform_tests() {
    check(EngineKind::V8);
}

#[cfg(feature = "quickjs")]
#[test]
fn quickjs_matches_expected_results_of_web_platform_tests() {
    check(EngineKind::QuickJs);
}
