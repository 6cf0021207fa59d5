//! A check of the crates below 1.0 that appear in public signatures.
//!
//! A new minor version of such a crate is a breaking change for the users of a signature, so the table lists each allowed
//! crate with a reason. The signatures come from rustdoc's JSON, which is unstable, so this program sets `RUSTC_BOOTSTRAP`.
//! It sets the variable only for rustdoc, so that cargo does not build the dependencies again.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use serde_json::Value;

use crate::{project, runners, step};
use table::DECISIONS;

/// The environment variable with the path of the rustdoc that this program wraps.
const WRAPPED: &str = "XTASK_RUSTDOC";

/// Runs rustdoc if cargo started this program in its place.
pub(crate) fn wrapped_rustdoc() -> Option<ExitCode> {
    let rustdoc = std::env::var_os(WRAPPED)?;
    let status = Command::new(rustdoc)
        .args(std::env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1")
        .status();
    Some(match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Prints the crates below 1.0 that public signatures contain without a decision, and unused decisions. Returns
/// whether there are none.
pub(crate) fn run() -> anyhow::Result<bool> {
    write_json()?;
    let unstable = unstable_libraries()?;
    let mut found = BTreeMap::new();
    for package in project::LIBRARIES {
        let library = package.replace('-', "_");
        let path = project::target_directory()?.join(format!("doc/{library}.json"));
        // A macro crate without such a file has no types to check.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let docs: Value = serde_json::from_str(&text)
            .with_context(|| format!("cannot parse {}", path.display()))?;
        for (foreign, item) in foreign_items(&docs) {
            if unstable.contains(&foreign) {
                found.entry((package, foreign)).or_insert(item);
            }
        }
    }
    let mut is_decided = true;
    for ((package, library), item) in &found {
        let decided = |it: &&table::Decision| it.package == *package && it.library == library;
        if DECISIONS
            .iter()
            .find(decided)
            .is_none_or(|it| it.reason.is_empty())
        {
            is_decided = false;
            println!("{package}: `{library}` is below 1.0 and in the signature of `{item}`");
        }
    }
    for decision in DECISIONS {
        if !found.contains_key(&(decision.package, decision.library.to_owned())) {
            is_decided = false;
            println!(
                "{}: `{}` is in no public signature: remove the decision",
                decision.package, decision.library
            );
        }
    }
    Ok(is_decided)
}

/// Fails if a public signature contains a crate below 1.0 without a decision.
pub(crate) fn check() -> anyhow::Result<()> {
    anyhow::ensure!(
        run()?,
        "crates below 1.0 in public signatures: hide the type, or add a decision with a reason to \
         xtask/src/checks/public_types/table.rs"
    );
    Ok(())
}

fn write_json() -> anyhow::Result<()> {
    // Cargo rejects features of packages that it does not document.
    let features: Vec<&str> = runners::FEATURES
        .split(',')
        .filter(|it| !it.starts_with("chat/"))
        .collect();
    let rustdoc = std::env::var_os("RUSTDOC").unwrap_or_else(|| OsString::from("rustdoc"));
    step::run(
        "public signatures",
        project::cargo(["doc", "--no-deps", "--features", &features.join(",")])
            .args(project::LIBRARIES.iter().flat_map(|it| ["--package", it]))
            .env("RUSTDOC", project::built_program("xtask"))
            .env(WRAPPED, rustdoc)
            .env("RUSTDOCFLAGS", "-Z unstable-options --output-format json"),
    )
}

/// Returns the names of the libraries that the workspace depends on in versions below 1.0 only.
fn unstable_libraries() -> anyhow::Result<BTreeSet<String>> {
    let metadata = project::metadata()?;
    let (mut stable, mut unstable) = (BTreeSet::new(), BTreeSet::new());
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let (Some(name), Some(version)) = (package["name"].as_str(), package["version"].as_str())
        else {
            continue;
        };
        let library = name.replace('-', "_");
        // A package of the workspace has no source.
        let is_unstable = version.starts_with("0.") && !package["source"].is_null();
        if is_unstable {
            &mut unstable
        } else {
            &mut stable
        }
        .insert(library);
    }
    Ok(&unstable - &stable)
}

/// Returns the crates that public items of `docs` name, each with the name of such an item.
fn foreign_items(docs: &Value) -> Vec<(String, String)> {
    let index = docs["index"].as_object().into_iter().flatten();
    let is_public =
        |item: &Value| matches!(item["visibility"].as_str(), Some("public" | "default"));
    let is_written = |item: &Value| {
        let implementation = &item["inner"]["impl"];
        implementation.is_null()
            || (implementation["is_synthetic"] == false && implementation["blanket_impl"].is_null())
    };
    let mut found = Vec::new();
    for (_, item) in index {
        if item["crate_id"] == 0 && is_public(item) && is_written(item) {
            let mut ids = Vec::new();
            named_ids(&item["inner"], &mut ids);
            let name = item["name"]
                .as_str()
                .or(item["inner"]["impl"]["trait"]["path"].as_str());
            for id in ids {
                let krate = &docs["paths"][&id]["crate_id"];
                if let Some(library) = docs["external_crates"][krate.to_string()]["name"].as_str() {
                    found.push((library.to_owned(), name.unwrap_or("an impl").to_owned()));
                }
            }
        }
    }
    found
}

/// Collects the ids of the types and traits in a part of an item: objects with a path and an id.
fn named_ids(part: &Value, to: &mut Vec<String>) {
    match part {
        Value::Object(fields) => {
            let is_named = fields.contains_key("path") || fields.contains_key("source");
            if let (true, Some(id)) = (is_named, fields.get("id").and_then(Value::as_u64)) {
                to.push(id.to_string());
            }
            for field in fields.values() {
                named_ids(field, to);
            }
        }
        Value::Array(parts) => {
            for part in parts {
                named_ids(part, to);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_crate_of_a_type_in_a_public_field() {
        let docs = serde_json::json!({
            "index": {
                "1": {
                    "crate_id": 0, "visibility": "public", "name": "expires_at",
                    "inner": {"struct_field": {"resolved_path": {"path": "Timestamp", "id": 7, "args": null}}}
                },
                "2": {
                    "crate_id": 0, "visibility": "crate", "name": "hidden",
                    "inner": {"struct_field": {"resolved_path": {"path": "Other", "id": 8, "args": null}}}
                },
                "3": {
                    "crate_id": 0, "visibility": "default", "name": null,
                    "inner": {"impl": {
                        "is_synthetic": false, "blanket_impl": {"generic": "T"},
                        "trait": {"path": "Blanket", "id": 8}
                    }}
                }
            },
            "paths": {"7": {"crate_id": 5}, "8": {"crate_id": 6}},
            "external_crates": {"5": {"name": "jiff"}, "6": {"name": "other"}}
        });
        let expected = ("jiff".to_owned(), "expires_at".to_owned());
        assert_eq!(foreign_items(&docs), [expected]);
    }
}
