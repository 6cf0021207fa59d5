//! `cargo mizan new`: creates an application.

mod dependencies;
mod name;
mod template;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use mizan_codegen::{Manifest, generate, output};
use tokio::process::Command;

use crate::process::{self, Output};
use crate::progress::Step;
use crate::project::cargo;
use crate::tools;
use name::ApplicationName;
use template::Variants;

/// The paths of the client and of its manifest in an application.
const CLIENT: &str = "web/src/mizan";
const MANIFEST: &str = "web/src/mizan/manifest.json";

#[derive(Args)]
pub(crate) struct Options {
    /// Name of the package, and of the folder that is created
    name: ApplicationName,
    /// Functions only: no pages, accounts and database
    #[arg(long, conflicts_with_all = ["postgres", "tailwind"])]
    minimal: bool,
    /// Use PostgreSQL instead of SQLite
    #[arg(long)]
    postgres: bool,
    /// Use Tailwind CSS
    #[arg(long)]
    tailwind: bool,
    /// Do not install the npm packages
    #[arg(long)]
    no_install: bool,
    /// Use the crates of a checkout of mizan instead of those in the registry
    #[arg(long, value_name = "DIR")]
    path_dependencies: Option<PathBuf>,
}

/// Creates the application in a temporary folder next to its place, so that an error or Ctrl-C leaves nothing behind.
pub(crate) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let here = std::env::current_dir().context("cannot read the current folder")?;
    let place = here.join(options.name.package());
    check_place(&place)?;
    tools::check_rust()?;
    if !options.no_install {
        tools::check_node()?;
    }
    let temporary = tempfile::Builder::new()
        .prefix(".cargo-mizan-new-")
        .tempdir_in(&here);
    let temporary = temporary.with_context(|| format!("cannot write to {}", here.display()))?;
    // Not the temporary folder itself, which only its owner can read.
    let folder = temporary.path().join(options.name.package());
    tokio::select! {
        created = create(options, &folder) => created?,
        _ = process::interrupted() => bail!("interrupted: nothing was created"),
    }
    check_place(&place)?;
    if place.exists() {
        fs::remove_dir(&place).with_context(|| format!("cannot replace {}", place.display()))?;
    }
    fs::rename(&folder, &place).with_context(|| format!("cannot create {}", place.display()))?;
    let install = if options.no_install {
        "\n  npm install --prefix web"
    } else {
        ""
    };
    println!(
        "Created {name}. Next:\n\n  cd {name}{install}\n  cargo mizan dev",
        name = options.name
    );
    Ok(ExitCode::SUCCESS)
}

/// Checks that the place is free or an empty folder.
fn check_place(place: &Path) -> anyhow::Result<()> {
    let choose = "choose another name, or remove it";
    match fs::read_dir(place) {
        Ok(mut entries) => {
            ensure!(
                entries.next().is_none(),
                "the folder {} is not empty: {choose}",
                place.display()
            );
        }
        Err(_) => ensure!(
            fs::symlink_metadata(place).is_err(),
            "{} exists and is no folder: {choose}",
            place.display()
        ),
    }
    Ok(())
}

async fn create(options: &Options, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let variants = Variants {
        minimal: options.minimal,
        postgres: options.postgres,
        tailwind: options.tailwind,
    };
    template::write(&options.name, variants, folder)?;
    if let Some(checkout) = &options.path_dependencies {
        dependencies::use_checkout(&folder.join("Cargo.toml"), checkout)?;
    }
    write_client(folder)?;
    format_sources(folder).await;
    if !options.no_install {
        install(folder).await?;
    }
    Ok(())
}

/// Writes the client of the template's functions, so that the front end compiles at once.
fn write_client(folder: &Path) -> anyhow::Result<()> {
    let manifest =
        fs::read_to_string(folder.join(MANIFEST)).context("the template has no manifest")?;
    let manifest = Manifest::parse(&manifest)?;
    output::write(&generate(&manifest)?, &folder.join(CLIENT))?;
    Ok(())
}

/// Formats the Rust files, because the order of imports depends on the name. Without rustfmt, they stay as they are.
async fn format_sources(folder: &Path) {
    let mut command = Command::new(cargo());
    command.arg("fmt").current_dir(folder).stdin(Stdio::null());
    let _ = process::run(command, |_| ()).await;
}

async fn install(folder: &Path) -> anyhow::Result<()> {
    let step = Step::begin("npm packages");
    let mut command = Command::new(tools::npm());
    command
        .args(["install", "--no-audit", "--no-fund"])
        .current_dir(folder.join("web"))
        .stdin(Stdio::null());
    let Output { status, last_lines } = process::run(command, |line| step.message(line)).await?;
    if status.success() {
        step.succeed();
        return Ok(());
    }
    step.fail();
    bail!(
        "npm cannot install the packages, so nothing was created. Check the network and npm's `registry`, or create \
         the application without them by `--no-install`. npm printed:\n{last_lines}"
    );
}
