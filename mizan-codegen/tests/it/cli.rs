//! The `mizan-codegen` command.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

const MANIFEST: &str = r#"{"mizan":1,"contract":"c","codes":[],"functions":[]}"#;

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mizan-codegen"))
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

fn stdout_and_stderr(output: &Output) -> String {
    let bytes = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(bytes).unwrap()
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("app.json"), MANIFEST).unwrap();
    folder
}

#[test]
fn writes_client_from_manifest_file() {
    let folder = folder();
    let check = ["--manifest", "app.json", "--out", "client", "--check"];
    let stale = run(&folder, &check);
    assert!(!stale.status.success());
    assert!(
        stdout_and_stderr(&stale).contains("client.ts is missing"),
        "{}",
        stdout_and_stderr(&stale)
    );

    let written = run(&folder, &check[..4]);
    assert!(written.status.success(), "{}", stdout_and_stderr(&written));
    assert!(folder.path().join("client/client.ts").exists());
    assert!(run(&folder, &check).status.success());
}

#[test]
fn writes_and_removes_openapi_document() {
    let folder = folder();
    let document = folder.path().join("client/openapi.json");
    let arguments = ["--manifest", "app.json", "--out", "client"];
    let with_document = [&arguments[..], &["--openapi=Blog"]].concat();
    assert!(run(&folder, &with_document).status.success());
    let written = fs::read_to_string(&document).unwrap();
    assert!(written.contains(r#""title": "Blog""#), "{written}");
    // An app without channels has nothing to describe as AsyncAPI.
    assert!(!folder.path().join("client/asyncapi.json").exists());
    let check = [&with_document[..], &["--check"]].concat();
    assert!(run(&folder, &check).status.success());

    assert!(run(&folder, &arguments).status.success());
    assert!(!document.exists());

    fs::write(&document, r#"{"openapi": "3.1.1"}"#).unwrap();
    assert!(!run(&folder, &with_document).status.success());
    assert_eq!(
        fs::read_to_string(&document).unwrap(),
        r#"{"openapi": "3.1.1"}"#
    );
}

#[cfg(unix)]
#[test]
fn writes_client_from_output_of_command() {
    let folder = folder();
    let written = run(&folder, &["--out", "client", "--", "cat", "app.json"]);
    assert!(written.status.success(), "{}", stdout_and_stderr(&written));
    assert!(folder.path().join("client/client.ts").exists());

    let failed = run(&folder, &["--out", "client", "--", "cat", "nothing.json"]);
    assert!(!failed.status.success());
    let shown = stdout_and_stderr(&failed);
    assert!(
        shown.contains(
            "`cat nothing.json` failed (exit status: 1): the command must print the manifest"
        ),
        "{shown}"
    );
}

#[test]
fn rejects_missing_or_ambiguous_manifest_source() {
    let folder = folder();
    for arguments in [
        &["--out", "client"][..],
        &[
            "--out",
            "client",
            "--manifest",
            "app.json",
            "--",
            "cat",
            "app.json",
        ],
    ] {
        assert_eq!(run(&folder, arguments).status.code(), Some(2));
    }
}

#[test]
fn names_file_that_is_not_a_manifest() {
    let folder = folder();
    fs::write(folder.path().join("app.json"), "{}").unwrap();
    let failed = run(&folder, &["--manifest", "app.json", "--out", "client"]);
    assert_eq!(failed.status.code(), Some(1));
    let shown = stdout_and_stderr(&failed);
    assert!(
        shown.starts_with("error: app.json: not a mizan manifest"),
        "{shown}"
    );
}

const OLD: &str = r#"{"mizan":1,"contract":"c","codes":[],"functions":[
    {"name":"price","kind":"query","contract":"3f2a9c1b","output":{"type":"number"}}
]}"#;

/// Compares a manifest whose `price` may be null with one in which it is a number.
fn compare(retired: &str, arguments: &[&str]) -> Output {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("old.json"), OLD).unwrap();
    let new = OLD.replace(r#""type":"number""#, r#""type":["number","null"]"#);
    let new = new.replace(
        r#""codes":[]"#,
        &format!(r#""codes":[],"retired":{retired}"#),
    );
    fs::write(folder.path().join("new.json"), new).unwrap();
    run(
        &folder,
        &[&["compat", "--against", "old.json"], arguments].concat(),
    )
}

const NEW_FILE: [&str; 2] = ["--manifest", "new.json"];

#[test]
fn breaking_change_fails_unless_it_is_handled_or_allowed() {
    let failed = compare("{}", &NEW_FILE);
    assert_eq!(failed.status.code(), Some(1));
    let report = String::from_utf8(failed.stdout).unwrap();
    assert!(
        report.contains("output: was number, is number or null"),
        "{report}"
    );
    assert!(
        report.contains(r#".retire("price", "3f2a9c1b")"#),
        "{report}"
    );

    let allowed = [&NEW_FILE[..], &["--allow-breaking"]].concat();
    let allowed = compare("{}", &allowed);
    assert_eq!(allowed.status.code(), Some(0));
    assert_eq!(String::from_utf8(allowed.stdout).unwrap(), report);

    let handled = compare(r#"{"price":["3f2a9c1b"]}"#, &NEW_FILE);
    assert_eq!(handled.status.code(), Some(0));
}

#[test]
fn compares_manifests_as_json() {
    let failed = compare("{}", &[&NEW_FILE[..], &["--format", "json"]].concat());
    assert_eq!(failed.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&failed.stdout).unwrap();
    assert_eq!(
        report,
        serde_json::json!({
            "compatible": false,
            "changes": [{
                "item": { "kind": "function", "name": "price", "contract": "3f2a9c1b" },
                "part": "output",
                "change": "type",
                "effect": "breaking_for_readers",
                "old": "number",
                "new": "number or null",
                "message": "output: was number, is number or null",
                "ways_out": [
                    "send the old type, and add a field for the new one",
                    "keep the old shape with `Registry::previous(\"price\", ..)`, or refuse old \
                     clients with `.retire(\"price\", \"3f2a9c1b\")`, so that they reload",
                ],
            }],
        })
    );
}

#[cfg(unix)]
#[test]
fn compares_manifest_from_output_of_command() {
    assert_eq!(
        compare("{}", &["--", "cat", "new.json"]).status.code(),
        Some(1)
    );
    assert_eq!(
        compare("{}", &["--", "cat", "old.json"]).status.code(),
        Some(0)
    );
}

#[test]
fn comparison_requires_both_manifests() {
    for arguments in [
        &[][..],
        &["--manifest", "new.json", "--", "cat", "new.json"],
    ] {
        assert_eq!(compare("{}", arguments).status.code(), Some(2));
    }
    let missing = run(
        &folder(),
        &["compat", "--against", "old.json", "--manifest", "app.json"],
    );
    assert_eq!(missing.status.code(), Some(1));
    let shown = stdout_and_stderr(&missing);
    assert!(shown.starts_with("error: cannot read old.json"), "{shown}");
}
