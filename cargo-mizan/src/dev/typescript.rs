//! The type checks of the front end.

use std::convert::Infallible;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::frontend::in_node_modules;
use super::problem::{Part, Problem, Problems};
use super::watch::Changes;
use crate::process;

/// The time without further changes after which the sources are checked. Editors save several files.
const QUIET_PERIOD: Duration = Duration::from_millis(200);

/// Checks the front end at first, and after each change.
pub(super) async fn run(
    web: &Path,
    problems: &Problems,
    mut changes: Changes,
) -> anyhow::Result<Infallible> {
    loop {
        // A change during the check cancels it.
        tokio::select! {
            checked = check(web, problems) => {
                checked?;
                changes.next().await?;
            }
            changed = changes.next() => changed?,
        }
        while tokio::time::timeout(QUIET_PERIOD, changes.next())
            .await
            .is_ok()
        {}
    }
}

async fn check(web: &Path, problems: &Problems) -> anyhow::Result<()> {
    let compiler = in_node_modules(web, ".bin/tsc");
    let Some(compiler) = compiler.filter(|_| web.join("tsconfig.json").exists()) else {
        return Ok(());
    };
    let mut command = Command::new(compiler);
    command
        .args(["--noEmit", "--pretty", "false"])
        .current_dir(web)
        .stdin(Stdio::null());
    let output = process::run(command, |_| ()).await?;
    if output.status.success() {
        problems.resolve(Part::TypeScript);
    } else {
        problems.report(Part::TypeScript, &problem(web, &output.last_lines));
    }
    Ok(())
}

/// Parses lines such as `src/App.tsx(3,5): error TS2304: Cannot find name 'x'.`
fn problem(web: &Path, lines: &str) -> Problem {
    let problem = Problem::new(lines);
    let place = lines.lines().find_map(|line| {
        let (file, rest) = line.split_once('(')?;
        let (place, rest) = rest.split_once(')')?;
        let (line, column) = place.split_once(',')?;
        let is_error = rest.starts_with(": error");
        is_error.then_some((file, line.parse().ok()?, column.parse().ok()?))
    });
    match place {
        Some((file, line, column)) => problem.at(web, file, line, column),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn finds_the_place_of_the_first_error() {
        let text = "src/App.tsx(3,5): error TS2304: Cannot find name 'x'.\nother(1,2): error";
        let problem = problem("/web".as_ref(), text);
        let place = problem.loc.expect("a place");
        assert_eq!(
            (place.file.as_str(), place.line, place.column),
            ("/web/src/App.tsx", 3, 5)
        );
        assert!(
            super::problem("/web".as_ref(), "error TS18003: No inputs")
                .loc
                .is_none()
        );
    }
}
