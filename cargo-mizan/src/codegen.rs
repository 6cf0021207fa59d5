//! `cargo mizan codegen`.

use std::process::ExitCode;

use clap::Args;
use mizan_codegen::cli::{self, ManifestSource, Outcome};

use crate::program;
use crate::project::{Project, Selection};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    selection: Selection,
    /// Fail if the client is out of date, without writing files
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let project = Project::find(&options.selection)?;
    let program = program::build(&project, &[], &[])?;
    let outcome = cli::run(&cli::Arguments {
        source: ManifestSource {
            manifest: None,
            command: vec![program.into(), "manifest".into()],
        },
        out: project.client.clone(),
        check: options.check,
        watch: None,
        dates: mizan_codegen::Dates::default(),
        type_check: false,
        declaration_maps: None,
        openapi: None,
    })?;
    let client = project.shown(&project.client);
    match &outcome {
        Outcome::Checked(differences) if !differences.is_empty() => {
            for difference in differences {
                eprintln!("{client}/{difference}");
            }
            eprintln!(
                "the client is out of date: run `cargo mizan codegen`, and commit the result"
            );
        }
        outcome => println!("{client}: {outcome}"),
    }
    Ok(if outcome.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
