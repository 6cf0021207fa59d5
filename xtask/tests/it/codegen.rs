//! `cargo xtask codegen --check` with the committed client of the chat example.

use std::path::Path;
use std::process::{Command, Output};

const CLIENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../examples/chat/web/src/mizan"
);

fn check(manifest: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["codegen", "--check", "--out", CLIENT, "--manifest"])
        .arg(manifest)
        .output()
        .unwrap()
}

#[test]
fn check_fails_after_an_argument_is_renamed() {
    let committed = Path::new(CLIENT).join("manifest.json");
    let output = check(&committed);
    assert!(output.status.success(), "{output:?}");

    let manifest = std::fs::read_to_string(&committed).unwrap();
    let renamed = rename_argument(&manifest);
    assert_ne!(renamed, manifest);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manifest.json");
    std::fs::write(&path, renamed).unwrap();

    let output = check(&path);
    assert!(!output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    for part in ["types.ts differs", "words: string", "cargo xtask codegen"] {
        assert!(printed.contains(part), "{printed}");
    }
    assert!(
        std::fs::read_to_string(&committed).unwrap() == manifest,
        "--check wrote"
    );
}

/// Renames every argument `text`, but not the widget of the same name.
fn rename_argument(manifest: &str) -> String {
    let rename = |line: &str| match line.trim() {
        "\"text\": {" | "\"text\"" | "\"text\"," => line.replace("text", "words"),
        _ => line.to_owned(),
    };
    manifest.lines().map(rename).collect::<Vec<_>>().join("\n")
}
