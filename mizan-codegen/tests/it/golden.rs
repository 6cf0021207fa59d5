//! Golden cases: manifests and the clients that are generated from them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mizan_codegen::{Dates, GenerateOptions, GeneratedFiles, Manifest};

/// A manifest, and the folder of the client that is generated from it.
struct Case {
    folder: PathBuf,
    manifest: PathBuf,
    options: GenerateOptions,
}

impl Case {
    fn generate(&self, manifest: &str) -> GeneratedFiles {
        let manifest = Manifest::parse(manifest).unwrap();
        self.options.generate(&manifest).unwrap()
    }
}

#[test]
fn generated_clients_match_expected_files() {
    let mut stale = Vec::new();
    for case in cases() {
        let files = case.generate(&fs::read_to_string(&case.manifest).unwrap());
        let generated = without_runtime(&files);
        let folder = case.folder.join("expected");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            update(&folder, &generated);
        }
        let expected = read(&folder);
        for path in generated.keys().chain(expected.keys()) {
            if generated.get(path) != expected.get(path) {
                stale.push(format!("{}/{path}", folder.display()));
            }
        }
    }
    stale.dedup();
    assert!(
        stale.is_empty(),
        "these files are out of date, run with UPDATE_EXPECT=1: {stale:#?}"
    );
}

#[test]
fn written_manifest_generates_same_client() {
    for case in cases() {
        let files = case.generate(&fs::read_to_string(&case.manifest).unwrap());
        let written = files.get("manifest.json").unwrap();
        assert_eq!(files, case.generate(written), "{}", case.folder.display());
    }
}

#[test]
fn tsconfig_includes_every_case() {
    let config = fs::read_to_string(folder().join("tsconfig.json")).unwrap();
    for case in cases() {
        let name = case.folder.file_name().unwrap().to_str().unwrap();
        let root = format!("\"{name}/expected\"");
        assert!(
            config.contains(&root),
            "tests/cases/tsconfig.json lacks {root}"
        );
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// Returns a case for each folder with a manifest, and the cases `temporal` and `temporal_global`, which have other
/// clients for the manifest of `values_server`.
fn cases() -> Vec<Case> {
    let mut cases: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("manifest.json").exists())
        .map(|folder| Case {
            manifest: folder.join("manifest.json"),
            folder,
            options: GenerateOptions::default().with_type_check(),
        })
        .collect();
    for (name, dates) in [
        ("temporal", Dates::TemporalPolyfill),
        ("temporal_global", Dates::Temporal),
    ] {
        cases.push(Case {
            folder: folder().join(name),
            manifest: folder().join("values_server/manifest.json"),
            options: GenerateOptions::default()
                .with_type_check()
                .with_dates(dates),
        });
    }
    cases.sort_by(|a, b| a.folder.cmp(&b.folder));
    cases
}

fn without_runtime(files: &GeneratedFiles) -> BTreeMap<String, String> {
    files
        .iter()
        .filter(|(path, _)| !path.starts_with("runtime/"))
        .map(|(path, contents)| (path.to_owned(), contents.to_owned()))
        .collect()
}

fn read(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

fn update(folder: &Path, files: &BTreeMap<String, String>) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    fs::create_dir_all(folder).unwrap();
    for (path, contents) in files {
        fs::write(folder.join(path), contents).unwrap();
    }
}

/// The tests in `runtime/tests/validation` use these manifests to compare client-side with server-side
/// validation.
#[test]
fn manifests_of_verdicts_match_mizan_forms() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (case, file) in [
        ("verdicts", "verdicts.manifest.json"),
        ("constraint_verdicts", "constraint_verdicts.manifest.json"),
    ] {
        let source = crates.join("mizan-forms/tests").join(file);
        let manifest = fs::read_to_string(source).unwrap();
        let path = folder().join(case).join("manifest.json");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::create_dir_all(folder().join(case)).unwrap();
            fs::write(&path, &manifest).unwrap();
        }
        assert!(
            fs::read_to_string(path).unwrap() == manifest,
            "the manifest of the case `{case}` is out of date, run with UPDATE_EXPECT=1"
        );
    }
}
