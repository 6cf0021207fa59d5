//! The build of the application's program.

use std::path::PathBuf;
use std::process::Stdio;

use cargo_metadata::Message;
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel};
use tokio::process::Command;

use super::problem::Problem;
use crate::process;
use crate::progress::Step;
use crate::project::{Project, cargo};

/// Builds the program. Returns its path, or the first error.
pub(super) async fn build(project: &Project) -> anyhow::Result<Result<PathBuf, Problem>> {
    let step = Step::begin("build");
    let mut command = Command::new(cargo());
    command
        .args(project.build_arguments())
        .arg("--message-format=json-diagnostic-rendered-ansi")
        .current_dir(&project.folder)
        .stdin(Stdio::null());
    let (mut program, mut problem) = (None, None);
    let mut errors_of_cargo = String::new();
    let output = process::run(command, |line| {
        if !line.starts_with('{') {
            // Lines such as `Compiling shop`, and from `error:` on the errors of Cargo itself.
            step.message(line.trim());
            if !errors_of_cargo.is_empty() || line.starts_with("error") {
                errors_of_cargo.push_str(line);
                errors_of_cargo.push('\n');
            }
            return;
        }
        match serde_json::from_str(line) {
            Ok(Message::CompilerArtifact(artifact)) if artifact.target.name == project.program => {
                program = artifact.executable.map(Into::into).or(program.take());
            }
            Ok(Message::CompilerMessage(message)) => {
                let diagnostic = message.message;
                if let Some(rendered) = &diagnostic.rendered {
                    step.print(rendered.trim_end());
                }
                if problem.is_none() {
                    problem = error(project, &diagnostic);
                }
            }
            _ => {}
        }
    })
    .await?;
    match program {
        Some(program) if output.status.success() => {
            step.succeed();
            Ok(Ok(program))
        }
        _ => {
            if problem.is_none() {
                step.print(errors_of_cargo.trim_end());
            }
            step.fail();
            Ok(Err(
                problem.unwrap_or_else(|| Problem::new(&errors_of_cargo))
            ))
        }
    }
}

fn error(project: &Project, diagnostic: &Diagnostic) -> Option<Problem> {
    if !matches!(
        diagnostic.level,
        DiagnosticLevel::Error | DiagnosticLevel::Ice
    ) {
        return None;
    }
    let problem = Problem::new(
        diagnostic
            .rendered
            .as_deref()
            .unwrap_or(&diagnostic.message),
    );
    let span = diagnostic.spans.iter().find(|span| span.is_primary);
    Some(match span {
        // rustc's paths are relative to the workspace.
        Some(span) => problem.at(
            &project.workspace,
            &span.file_name,
            span.line_start,
            span.column_start,
        ),
        None => problem,
    })
}
