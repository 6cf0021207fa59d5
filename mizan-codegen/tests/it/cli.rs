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

fn shown(output: &Output) -> String {
    let bytes = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(bytes).unwrap()
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("app.json"), MANIFEST).unwrap();
    folder
}

#[test]
fn a_file_is_read_and_the_client_written() {
    let folder = folder();
    let check = ["--manifest", "app.json", "--out", "client", "--check"];
    let stale = run(&folder, &check);
    assert!(!stale.status.success());
    assert!(
        shown(&stale).contains("client.ts is missing"),
        "{}",
        shown(&stale)
    );

    let written = run(&folder, &check[..4]);
    assert!(written.status.success(), "{}", shown(&written));
    assert!(folder.path().join("client/client.ts").exists());
    assert!(run(&folder, &check).status.success());
}

#[cfg(unix)]
#[test]
fn a_command_is_run_and_its_output_read() {
    let folder = folder();
    let written = run(&folder, &["--out", "client", "--", "cat", "app.json"]);
    assert!(written.status.success(), "{}", shown(&written));
    assert!(folder.path().join("client/client.ts").exists());

    let failed = run(&folder, &["--out", "client", "--", "cat", "nothing.json"]);
    assert!(!failed.status.success());
    let shown = shown(&failed);
    assert!(
        shown.contains("`cat nothing.json` should print the manifest, and failed"),
        "{shown}"
    );
}

#[test]
fn the_manifest_comes_from_one_place() {
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
fn a_file_that_is_no_manifest_is_named() {
    let folder = folder();
    fs::write(folder.path().join("app.json"), "{}").unwrap();
    let failed = run(&folder, &["--manifest", "app.json", "--out", "client"]);
    assert_eq!(failed.status.code(), Some(1));
    let shown = shown(&failed);
    assert!(
        shown.starts_with("error: app.json: this is not a mizan manifest"),
        "{shown}"
    );
}
