//! The packages of all published crates, and an application that is built from them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::application::{Application, PROGRAM, replace_folder};
use crate::project::{self, LIBRARIES, cargo, command};
use crate::step;

/// Builds the application with the packed crates in place of the registry's.
pub(super) fn check() -> anyhow::Result<()> {
    let application = Application::create("packages", &[])?;
    let crates = unpack(application.folder.with_file_name("crates"))?;
    let mut build = application.cargo(["build", "--quiet"]);
    for library in LIBRARIES {
        let path = crates.join(library);
        build
            .arg("--config")
            .arg(format!("patch.crates-io.{library}.path = {path:?}"));
    }
    step::run("template with packed crates", &mut build)?;
    let [packed, source] = [crates.join(PROGRAM), project::root().join(PROGRAM)];
    let [packed, source] = [packed, source].map(|folder| files(&folder.join("template")));
    ensure!(
        packed? == source?,
        "the package of {PROGRAM} lacks files of the template"
    );
    Ok(())
}

/// Unpacks the packages of all published crates into folders with their names.
fn unpack(to: PathBuf) -> anyhow::Result<PathBuf> {
    let packages = project::PROGRAMS.iter().chain(&LIBRARIES);
    let mut package = cargo(["package", "--quiet", "--no-verify", "--allow-dirty"]);
    package.args(packages.clone().flat_map(|name| ["--package", name]));
    step::run("packages", &mut package)?;
    replace_folder(&to)?;
    let packed = project::target_directory()?.join("package");
    for name in packages {
        let version = env!("CARGO_PKG_VERSION");
        let mut tar = command("tar", ["-xzf"]);
        tar.arg(packed.join(format!("{name}-{version}.crate")))
            .arg("-C")
            .arg(&to);
        step::output(&mut tar)?;
        fs::rename(to.join(format!("{name}-{version}")), to.join(name))?;
    }
    Ok(to)
}

/// Returns the sorted paths of all files below a folder.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in
            fs::read_dir(&next).with_context(|| format!("cannot read {}", next.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder)?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}
