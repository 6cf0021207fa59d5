//! The invariants between crates that ARCHITECTURE.md states.

use std::collections::BTreeSet;
use std::process::Command;

/// Returns the libraries that a package depends on, including itself, without development dependencies.
fn dependencies(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree", "--edges", "normal", "--prefix", "none", "--format", "{lib}",
        ])
        .args(["--all-features", "--package", package])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let names = String::from_utf8(output.stdout).unwrap();
    names.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn core_depends_on_no_server_and_no_engine() {
    let found = dependencies("mizan-core");
    assert!(
        found.contains("mizan_core") && found.contains("http"),
        "{found:?}"
    );
    for foreign in [
        "hyper",
        "axum",
        "mio",
        "tungstenite",
        "v8",
        "rquickjs",
        "sqlx",
        "redis",
    ] {
        assert!(!found.contains(foreign), "mizan-core depends on {foreign}");
    }
}

#[test]
fn channels_depend_on_no_server() {
    let found = dependencies("mizan-channels");
    assert!(found.contains("mizan_channels"), "{found:?}");
    for foreign in ["hyper", "axum", "tungstenite", "mizan_http"] {
        assert!(
            !found.contains(foreign),
            "mizan-channels depends on {foreign}"
        );
    }
}

#[test]
fn openapi_depends_on_no_other_crate_of_the_workspace() {
    let found = dependencies("mizan-openapi");
    let of_mizan: Vec<_> = found
        .iter()
        .filter(|name| name.starts_with("mizan"))
        .collect();
    assert_eq!(of_mizan, ["mizan_openapi"]);
}

#[test]
fn the_generator_depends_only_on_mizan_openapi() {
    let found = dependencies("mizan-codegen");
    let of_mizan: Vec<_> = found
        .iter()
        .filter(|name| name.starts_with("mizan"))
        .collect();
    assert_eq!(of_mizan, ["mizan_codegen", "mizan_openapi"]);
}
