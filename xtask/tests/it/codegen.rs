//! `cargo xtask codegen --check` on the client of the chat example, as it is committed.

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
fn check_passes_until_an_argument_is_renamed() {
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
    let said = String::from_utf8(output.stdout).unwrap();
    for part in ["types.ts is stale", "words: string", "cargo xtask codegen"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(
        std::fs::read_to_string(&committed).unwrap() == manifest,
        "--check wrote"
    );
}

/// Calls every argument `text` another name, and not the widget that is called so.
fn rename_argument(manifest: &str) -> String {
    let rename = |line: &str| match line.trim() {
        "\"text\": {" | "\"text\"" | "\"text\"," => line.replace("text", "words"),
        _ => line.to_owned(),
    };
    manifest.lines().map(rename).collect::<Vec<_>>().join("\n")
}
