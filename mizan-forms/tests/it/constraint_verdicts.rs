//! Values for every constraint, whose verdicts are the same in every way to send them.
//!
//! Vitest compares more values with the Zod schemas: `examples/constraint_verdicts.rs` prints them.

mod table;

use std::path::Path;

/// The number of values for each field.
const COUNT: usize = 50;

#[test]
fn every_way_has_the_same_verdict() {
    let table = table::verdicts(COUNT);
    assert!(table.contains("\"moment\": [["), "{table}");
}

/// The golden case of mizan-codegen is generated from the manifest. `UPDATE_EXPECT=1` updates it.
#[test]
fn manifest_of_constraint_verdicts_is_current() {
    let manifest = table::registry().manifest();
    let mut manifest = manifest.unwrap().as_json().clone();
    for section in ["functions", "forms"] {
        for entry in manifest[section].as_array_mut().unwrap() {
            entry["source"]["line"] = 0.into();
        }
    }
    let current = format!("{manifest:#}\n");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let path = folder.join("constraint_verdicts.manifest.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == current,
        "the manifest is outdated: run the tests with UPDATE_EXPECT=1"
    );
}
