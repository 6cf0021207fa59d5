//! `cargo xtask explorer`: the page that mizan-explorer contains.
//!
//! The bundle of the page is committed, so that applications use the explorer without Node.js.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::project::{self, EXAMPLES};
use crate::{codegen, step};

/// The bundle of the page.
const BUNDLE: &str = "mizan-explorer/explorer.bundle";

#[derive(Args)]
pub(crate) struct Options {
    /// Fail if the bundle is out of date, without writing it
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<bool> {
    if options.check {
        check()?;
    } else {
        build(&project::root().join(BUNDLE))?;
    }
    Ok(true)
}

/// Checks that the committed bundle equals the one that its sources result in.
pub(crate) fn check() -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("cannot create a folder for the bundle")?;
    let built = folder.path().join("explorer.bundle");
    build(&built)?;
    let committed = project::root().join(BUNDLE);
    ensure!(
        fs::read(built)? == fs::read(committed)?,
        "{BUNDLE} is out of date: run `cargo xtask explorer`, and commit the result"
    );
    Ok(())
}

fn build(file: &Path) -> anyhow::Result<()> {
    let explorer = EXAMPLES.iter().find(|it| it.package == "mizan-explorer");
    let explorer = explorer.context("the explorer has no program")?;
    step::run(
        "program of the explorer",
        &mut codegen::build_command(explorer),
    )?;
    let mut bundle = project::command(explorer.program(), ["bundle"]);
    step::run("page of the explorer", bundle.arg(file))
}
