//! The dependencies of a new application on the crates of mizan.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use toml_edit::{DocumentMut, InlineTable, Item, Value};

/// Replaces the versions of the crates of mizan in `manifest` by the paths of a checkout.
pub(crate) fn use_checkout(manifest: &Path, checkout: &Path) -> anyhow::Result<()> {
    let folder = checkout
        .canonicalize()
        .with_context(|| format!("cannot find the checkout {}", checkout.display()))?;
    ensure!(
        folder.join("mizan-core/Cargo.toml").is_file(),
        "{} is no checkout of mizan: it has no folder `mizan-core`",
        checkout.display()
    );
    let text = fs::read_to_string(manifest)
        .with_context(|| format!("cannot read {}", manifest.display()))?;
    let mut document: DocumentMut = text.parse()?;
    if let Some(dependencies) = document
        .get_mut("dependencies")
        .and_then(Item::as_table_mut)
    {
        for (name, dependency) in dependencies.iter_mut() {
            if name.starts_with("mizan-") {
                let path = folder.join(name.get()).to_string_lossy().into_owned();
                set_path(dependency, path);
            }
        }
    }
    fs::write(manifest, document.to_string())
        .with_context(|| format!("cannot write {}", manifest.display()))
}

/// Sets the path of a dependency, and keeps its features.
fn set_path(dependency: &mut Item, path: String) {
    let mut table = match dependency.as_inline_table() {
        Some(table) => table.clone(),
        None => InlineTable::new(),
    };
    table.remove("version");
    table.insert("path", path.into());
    table.fmt();
    *dependency = Item::Value(Value::InlineTable(table));
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::use_checkout;

    #[test]
    fn paths_replace_versions_and_keep_features() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkout = folder.path().join("mizan");
        fs::create_dir_all(checkout.join("mizan-core")).expect("a folder");
        fs::write(checkout.join("mizan-core/Cargo.toml"), "").expect("a file");
        let manifest = folder.path().join("Cargo.toml");
        let text = "[dependencies]\nmizan-core = \"0.1\"\n\
                    mizan-auth = { version = \"0.1\", features = [\"smtp\"] }\nserde = \"1\"\n";
        fs::write(&manifest, text).expect("a file");
        use_checkout(&manifest, &checkout).expect("edits");
        let text = fs::read_to_string(&manifest).expect("a file");
        assert!(!text.contains("version"), "{text}");
        assert!(text.contains("mizan/mizan-core\""), "{text}");
        assert!(text.contains("features = [\"smtp\"], path"), "{text}");
        assert!(text.contains("serde = \"1\""), "{text}");
    }

    #[test]
    fn refuses_other_folders() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = use_checkout(&folder.path().join("Cargo.toml"), folder.path());
        assert!(
            error
                .expect_err("refuses")
                .to_string()
                .contains("no checkout of mizan")
        );
    }
}
