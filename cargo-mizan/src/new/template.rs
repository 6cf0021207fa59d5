//! The files of the template and its variants.
//!
//! The folder `template` contains complete applications. Their package is called `mizan-template`, which is replaced by
//! the name of the new application. A variant consists of the files that differ.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use include_dir::{Dir, File, include_dir};

use super::name::ApplicationName;

static TEMPLATE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/template");

/// A suffix of files that would have a meaning in the package of this program, such as `Cargo.toml`.
const SUFFIX: &str = ".template";

/// The selected variants.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Variants {
    /// Functions only: no pages, accounts and database.
    pub(crate) minimal: bool,
    /// PostgreSQL instead of SQLite.
    pub(crate) postgres: bool,
    /// Tailwind CSS.
    pub(crate) tailwind: bool,
}

impl Variants {
    /// Returns the folders of the template. A file in a later folder replaces one with the same path.
    fn folders(self) -> impl Iterator<Item = &'static str> {
        [
            (!self.minimal, "app"),
            (self.minimal, "minimal"),
            (self.postgres, "postgres"),
            (self.tailwind, "tailwind"),
        ]
        .into_iter()
        .filter_map(|(is_selected, folder)| is_selected.then_some(folder))
    }
}

/// Writes the application `name` to the empty folder `to`.
pub(crate) fn write(name: &ApplicationName, variants: Variants, to: &Path) -> anyhow::Result<()> {
    let mut files = BTreeMap::new();
    for folder in variants.folders() {
        let root = TEMPLATE
            .get_dir(folder)
            .with_context(|| format!("no template `{folder}`"))?;
        collect(root, Path::new(folder), &mut files);
    }
    for (path, file) in files {
        let path = to.join(renamed(&path.to_string_lossy(), name));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .with_context(|| format!("cannot create {}", parent.display()))?;
        }
        let content = match file.contents_utf8() {
            Some(text) => renamed(text, name).into_bytes(),
            None => file.contents().to_owned(),
        };
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn collect(
    folder: &'static Dir<'static>,
    root: &Path,
    files: &mut BTreeMap<PathBuf, &'static File<'static>>,
) {
    for file in folder.files() {
        let path = file.path().strip_prefix(root).unwrap_or(file.path());
        files.insert(target_path(path), file);
    }
    for folder in folder.dirs() {
        collect(folder, root, files);
    }
}

/// Returns the path of a file in the application: `gitignore.template` becomes `.gitignore`.
fn target_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match name.strip_suffix(SUFFIX) {
        Some(name) if name.contains('.') => path.with_file_name(name),
        Some(name) => path.with_file_name(format!(".{name}")),
        None => path.to_owned(),
    }
}

fn renamed(text: &str, name: &ApplicationName) -> String {
    text.replace("mizan-template", name.package())
        .replace("mizan_template", &name.krate())
        .replace("Mizan Template", &name.title())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Variants, write};

    #[test]
    fn replaces_the_name_in_texts_and_paths() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = "my-shop".parse().expect("a name");
        write(&name, Variants::default(), folder.path()).expect("writes");
        let read = |path: &str| fs::read_to_string(folder.path().join(path)).expect(path);
        assert!(read("Cargo.toml").contains("name = \"my-shop\""));
        assert!(read("src/main.rs").contains("my_shop::"));
        assert!(read("web/src/pages/Home.tsx").contains("<title>My Shop</title>"));
        assert!(read("deploy/my-shop.service").contains("/usr/local/bin/my-shop"));
        assert!(read(".gitignore").contains("/target/"));
    }

    #[test]
    fn variants_replace_files() {
        let variants = |minimal, postgres, tailwind| Variants {
            minimal,
            postgres,
            tailwind,
        };
        for (variants, path, expected) in [
            (variants(false, true, false), "src/database.rs", "PgPool"),
            (variants(false, true, true), "Cargo.toml", "\"postgres\""),
            (
                variants(false, true, true),
                "web/vite.config.ts",
                "tailwindcss()",
            ),
            (variants(true, false, false), "src/lib.rs", "fn greet"),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            write(&"shop".parse().expect("a name"), variants, folder.path()).expect("writes");
            let text = fs::read_to_string(folder.path().join(path)).expect(path);
            assert!(text.contains(expected), "{path}: {text}");
        }
    }
}
