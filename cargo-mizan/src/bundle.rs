//! `cargo mizan bundle`.

use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::program;
use crate::project::{Project, Selection};

/// The feature that includes the bundle in the program.
const FEATURE: &str = "embedded";

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    selection: Selection,
    /// Build the program without optimizations
    #[arg(long)]
    debug: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let project = Project::find(&options.selection)?;
    ensure!(
        project.declared_features.iter().any(|name| name == FEATURE),
        "the package `{}` has no feature `{FEATURE}`, which includes a bundle in the program: \
         its server renders no pages, so build it with `cargo build --release` and its front end with \
         `npm run build`",
        project.name
    );
    let profile: &[OsString] = if options.debug {
        &[]
    } else {
        &["--release".into()]
    };
    let bundler = program::build(&project, profile, &[])?;
    let folder = project.target.join("mizan");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    // The name stays the same, so that Cargo builds again only if the content changes.
    let bundle = folder.join(format!("{}.bundle", project.program));
    let status = Command::new(&bundler)
        .arg("bundle")
        .arg(&bundle)
        .current_dir(&project.folder)
        .status()
        .with_context(|| format!("cannot run {}", bundler.display()))?;
    ensure!(
        status.success(),
        "`{} bundle` failed ({status})",
        bundler.display()
    );
    let mut arguments = profile.to_vec();
    arguments.extend(["--features".into(), FEATURE.into()]);
    let program = program::build(&project, &arguments, &[("MIZAN_BUNDLE", bundle.into())])?;
    println!("{}", program.display());
    Ok(ExitCode::SUCCESS)
}
