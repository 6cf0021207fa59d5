//! The documents of the golden cases of mizan-codegen, and of the example.

use std::fs;
use std::path::{Path, PathBuf};

use mizan_openapi::{Authentication, Options, asyncapi, openapi};
use serde_json::{Value, json};

#[test]
fn documents_match_expected_files() {
    let mut stale = Vec::new();
    for (name, manifest) in manifests() {
        let options = Options::default()
            .title(&name)
            .server_url("https://example.com/api/mizan")
            .authentication([
                Authentication::Cookie("__Host-mizan_session".to_owned()),
                Authentication::Bearer,
            ]);
        compare(
            &name,
            "openapi",
            Some(openapi(&manifest, &options)),
            &mut stale,
        );
        compare(&name, "asyncapi", asyncapi(&manifest, &options), &mut stale);
    }
    assert!(
        stale.is_empty(),
        "these files are out of date, run with UPDATE_EXPECT=1: {stale:#?}"
    );
}

fn compare(case: &str, format: &str, document: Option<Value>, stale: &mut Vec<PathBuf>) {
    let path = root().join(format!("mizan-openapi/tests/expected/{case}.{format}.json"));
    let document = document.map(|document| format!("{document:#}\n"));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        match &document {
            Some(document) => fs::write(&path, document).unwrap(),
            None if path.exists() => fs::remove_file(&path).unwrap(),
            None => {}
        }
    }
    if fs::read_to_string(&path).ok() != document {
        stale.push(path);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Returns the manifests of all cases by name.
fn manifests() -> Vec<(String, Value)> {
    let cases = fs::read_dir(root().join("mizan-codegen/tests/cases")).unwrap();
    let mut manifests: Vec<_> = cases
        .map(|case| case.unwrap().path())
        .filter_map(|case| {
            let manifest = fs::read_to_string(case.join("manifest.json")).ok()?;
            let name = case.file_name()?.to_str()?.to_owned();
            Some((name, serde_json::from_str(&manifest).unwrap()))
        })
        .collect();
    manifests.sort_by(|(a, _), (b, _)| a.cmp(b));
    manifests
}

#[test]
fn describes_malformed_manifests() {
    let wrong =
        json!([null, 1, "text", [], {}, { "name": 1, "kind": {}, "input": 7, "affects": 1 }]);
    for manifest in [
        json!(null),
        json!({}),
        json!({ "functions": wrong, "forms": wrong, "channels": wrong, "codes": wrong, "errors": { "E": wrong } }),
        json!({ "$defs": { "": 1, "T": { "$ref": "#/$defs/%FF", "properties": [] } } }),
        json!({ "functions": [{ "name": "f", "input": { "$ref": "#/$defs/Missing" } }] }),
    ] {
        let document = openapi(&manifest, &Options::default());
        assert_eq!(document["openapi"], "3.1.1");
        let _ = asyncapi(&manifest, &Options::default());
    }
}
