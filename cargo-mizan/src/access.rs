//! `cargo mizan access`.

use std::process::ExitCode;

use clap::Args;
use mizan_codegen::cli::{self, AccessArguments, ManifestSource};

use crate::program;
use crate::project::{Project, Selection};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    selection: Selection,
    /// Fail if a policy changed since `access.md` was committed, without writing files
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let project = Project::find(&options.selection)?;
    let program = program::build(&project, &[], &[])?;
    let report = cli::access(&AccessArguments {
        source: ManifestSource {
            manifest: None,
            command: vec![program.into(), "manifest".into()],
        },
        out: project.folder.join("access.md"),
        check: options.check,
    })?;
    if report.is_success() {
        println!("access.md: {report}");
        Ok(ExitCode::SUCCESS)
    } else {
        eprintln!("access.md: {report}");
        Ok(ExitCode::FAILURE)
    }
}
