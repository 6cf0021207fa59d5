//! The application in the current folder: its package, its front end and its client.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use cargo_metadata::{MetadataCommand, Package, TargetKind};
use clap::Args;
use serde::Deserialize;

/// Selects the application.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Path of the `Cargo.toml` of the application
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Package of the application, if the workspace has several
    #[arg(long, short, value_name = "NAME")]
    pub(crate) package: Option<String>,
    /// Features of the package
    #[arg(long, short = 'F', value_name = "FEATURES")]
    pub(crate) features: Option<String>,
}

/// The settings in `[package.metadata.mizan]`.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Settings {
    /// The folder of the front end, relative to the package.
    web: PathBuf,
    /// The folder of the generated client, relative to the package.
    client: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            web: "web".into(),
            client: "web/src/mizan".into(),
        }
    }
}

/// An application.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// The name of the package.
    pub(crate) name: String,
    /// The name of the program.
    pub(crate) program: String,
    /// The folder of the package.
    pub(crate) folder: PathBuf,
    /// The folder of the workspace.
    pub(crate) workspace: PathBuf,
    /// The folder of the front end, which may not exist.
    pub(crate) web: PathBuf,
    /// The folder that Cargo builds in.
    pub(crate) target: PathBuf,
    /// The folder of the generated client.
    pub(crate) client: PathBuf,
    /// The names of the package's features.
    pub(crate) declared_features: Vec<String>,
    /// The features to build with.
    pub(crate) features: Option<String>,
}

impl Project {
    /// Finds the application.
    pub(crate) fn find(selection: &Selection) -> anyhow::Result<Self> {
        let mut command = MetadataCommand::new();
        command.no_deps();
        if let Some(path) = &selection.manifest_path {
            command.manifest_path(path);
        }
        let metadata = command.exec().context("cannot read the Cargo package")?;
        let package = select(&metadata, selection.package.as_deref())?;
        let folder = package
            .manifest_path
            .parent()
            .context("the manifest is in no folder")?
            .as_std_path()
            .to_owned();
        let settings = package.metadata.get("mizan").cloned();
        let settings: Settings = match settings {
            Some(settings) => serde_json::from_value(settings).with_context(|| {
                format!(
                    "invalid `[package.metadata.mizan]` in {}",
                    package.manifest_path
                )
            })?,
            None => Settings::default(),
        };
        Ok(Self {
            name: package.name.to_string(),
            program: program(package)?,
            web: folder.join(settings.web),
            client: folder.join(settings.client),
            workspace: metadata.workspace_root.as_std_path().to_owned(),
            target: metadata.target_directory.as_std_path().to_owned(),
            declared_features: package.features.keys().cloned().collect(),
            features: selection.features.clone(),
            folder,
        })
    }

    /// Returns a path relative to the package, for messages.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.folder).unwrap_or(path).display()
    }

    /// Returns the command that builds the program, without `cargo` and in the folder of the package.
    pub(crate) fn build_arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> =
            ["build", "--package", &self.name, "--bin", &self.program]
                .map(OsString::from)
                .into();
        if let Some(features) = &self.features {
            arguments.extend(["--features".into(), features.into()]);
        }
        arguments
    }
}

/// Returns the path of the Cargo that runs this program.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or("cargo".into())
}

fn select<'a>(
    metadata: &'a cargo_metadata::Metadata,
    name: Option<&str>,
) -> anyhow::Result<&'a Package> {
    let packages = metadata.workspace_packages();
    if let Some(name) = name {
        let found = packages
            .iter()
            .find(|package| package.name.as_str() == name);
        return found
            .copied()
            .with_context(|| format!("the workspace has no package `{name}`"));
    }
    if let Some(root) = metadata.root_package() {
        return Ok(root);
    }
    let here = std::env::current_dir().ok();
    let here = here.and_then(|here| here.canonicalize().ok());
    let in_folder = packages.iter().find(|package| {
        let folder = package.manifest_path.parent();
        folder.is_some_and(|folder| here.as_deref() == Some(folder.as_std_path()))
    });
    match (in_folder, packages.as_slice()) {
        (Some(package), _) | (None, [package]) => Ok(package),
        _ => bail!("the workspace has several packages: select one with `--package NAME`"),
    }
}

/// Returns the name of the program: the default one, or the only one.
fn program(package: &Package) -> anyhow::Result<String> {
    if let Some(name) = &package.default_run {
        return Ok(name.clone());
    }
    let programs = package
        .targets
        .iter()
        .filter(|target| target.kind.contains(&TargetKind::Bin));
    let programs: Vec<_> = programs.map(|target| target.name.as_str()).collect();
    match programs.as_slice() {
        [program] => Ok((*program).to_owned()),
        [] => bail!(
            "the package `{}` has no program: add `src/main.rs`",
            package.name
        ),
        several => bail!(
            "the package `{}` has several programs ({}): set `default-run` in its Cargo.toml",
            package.name,
            several.join(", ")
        ),
    }
}
