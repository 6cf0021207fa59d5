//! `cargo xtask test`: every check, with a summary.

use std::process::Command;

use crate::chat_server::ChatServer;
use crate::project::{self, cargo, is_installed, npm};
use crate::{
    attacks, checks, demo, executable, explorer, guide, openapi, runners, step, template, v8,
};

/// The outcome of a check.
enum Outcome {
    Passed,
    Failed,
    /// The check cannot run on this machine. Contains the reason.
    Skipped(String),
}

/// The outcomes of the checks, in the order in which they ran.
struct Report(Vec<(&'static str, Outcome)>);

impl Report {
    fn check(&mut self, name: &'static str, command: &mut Command) {
        self.record(name, step::run(name, command));
    }

    fn record(&mut self, name: &'static str, outcome: anyhow::Result<()>) {
        let outcome = match outcome {
            Ok(()) => Outcome::Passed,
            Err(error) => {
                eprintln!("        {error:#}");
                Outcome::Failed
            }
        };
        self.0.push((name, outcome));
    }

    fn skip(&mut self, name: &'static str, why: impl Into<String>) {
        self.0.push((name, Outcome::Skipped(why.into())));
    }

    /// Prints the summary, whose last line has the totals. Returns whether no check failed.
    fn print(&self) -> bool {
        println!("\nSummary");
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        for (name, outcome) in &self.0 {
            match outcome {
                Outcome::Passed => {
                    passed += 1;
                    println!("  passed   {name}");
                }
                Outcome::Failed => {
                    failed += 1;
                    println!("  FAILED   {name}");
                }
                Outcome::Skipped(why) => {
                    skipped += 1;
                    println!("  not run  {name}: {why}");
                }
            }
        }
        println!("{passed} passed, {failed} failed, {skipped} skipped");
        failed == 0
    }
}

/// Runs every check that this machine can run. Returns whether no check failed.
///
/// Fast checks that often fail run first.
pub(crate) fn run() -> anyhow::Result<bool> {
    let mut report = Report(Vec::new());
    let missing = project::missing_node();
    if missing.is_none() {
        // The tests of server rendering render these packages.
        report.record("npm packages", demo::install());
    }
    rust(&mut report);
    match missing {
        None => typescript(&mut report),
        Some(missing) => {
            for name in [
                "server rendering of React components",
                "generated clients",
                "page of the explorer",
                "types",
                "ESLint",
                "Prettier",
                "Vitest",
                "page",
                "template",
                "one executable in an empty root folder",
                "OpenAPI documents",
                "Python client and Schemathesis",
                "browser tests",
            ] {
                report.skip(name, missing.clone());
            }
        }
    }
    Ok(report.print())
}

fn rust(report: &mut Report) {
    report.record("tests named in SECURITY.md", attacks::check().map(|_| ()));
    report.record("words", checks::words::check());
    report.record("links", checks::links::check());
    match guide::unavailable_reason() {
        Some(why) => report.skip("guide", why),
        None => report.record("guide", guide::build()),
    }
    report.record("module cycles", checks::modules::check());
    report.check("rustfmt", &mut cargo(["fmt", "--all", "--check"]));
    report.check(
        "clippy",
        &mut cargo([
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            runners::FEATURES,
            "--",
            "-D",
            "warnings",
        ]),
    );
    report.check(
        "Rust tests",
        &mut tests(["--workspace", "--features", runners::FEATURES]),
    );
    engines(report);
    report.check(
        "Rust examples in docs",
        &mut cargo([
            "test",
            "--workspace",
            "--doc",
            "--features",
            runners::FEATURES,
        ]),
    );
    report.check(
        "rustdoc",
        cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
    );
    report.record("public signatures", checks::public_types::check());
    // Packing fails if a crate embeds a file outside its folder. `--no-verify` skips a second build.
    report.check(
        "packages for the registry",
        cargo(["package", "--quiet", "--no-verify", "--allow-dirty"]).args(
            project::LIBRARIES
                .iter()
                .flat_map(|library| ["--package", library]),
        ),
    );
    report.record(
        "SQLite clients of applications",
        checks::sqlite_clients::check(),
    );
    if is_installed("cargo-deny", "--version") {
        // Advisories need another network host: `cargo deny check` includes them.
        report.check(
            "licences and sources",
            &mut cargo(["deny", "check", "bans", "licenses", "sources"]),
        );
    } else {
        report.skip(
            "licences and sources",
            "cargo-deny is not installed: run `cargo install cargo-deny`",
        );
    }
}

fn engines(report: &mut Report) {
    if let Some(why) = v8::unavailable_reason() {
        report.skip("server rendering in V8", why);
        return;
    }
    report.check(
        "clippy with V8",
        cargo(["clippy", "--all-targets"])
            .args(runners::V8)
            .args(["--", "-D", "warnings"]),
    );
    report.check("server rendering in V8", &mut tests(runners::V8));
}

/// Returns the command that runs tests: nextest if it is installed.
fn tests<'a>(packages: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = if is_installed("cargo-nextest", "--version") {
        cargo(["nextest", "run"])
    } else {
        cargo(["test", "--all-targets"])
    };
    command.args(packages);
    command
}

fn typescript(report: &mut Report) {
    report.check(
        "generated clients",
        &mut project::command(project::built_program("xtask"), ["codegen", "--check"]),
    );
    report.record("page of the explorer", explorer::check());
    report.check("types", &mut npm(["run", "typecheck"]));
    report.check("ESLint", &mut npm(["run", "lint"]));
    report.check("Prettier", &mut npm(["run", "format:check"]));
    report.record("Vitest", runners::vitest(&[]));
    report.check("page", &mut npm(["run", "build"]));
    report.record("template", template::check(project::chromium().as_deref()));
    one_executable(report);
    openapi_document(report);
    match project::chromium() {
        Some(chromium) => report.record("browser tests", runners::browser(&chromium, &[])),
        None => report.skip(
            "browser tests",
            "Chromium is not installed: install it, or set CHROMIUM to its path",
        ),
    }
}

fn one_executable(report: &mut Report) {
    const NAME: &str = "one executable in an empty root folder";
    match v8::unavailable_reason().or_else(executable::unavailable_reason) {
        Some(why) => report.skip(NAME, why),
        None => report.record(NAME, executable::check()),
    }
}

fn openapi_document(report: &mut Report) {
    const DOCUMENTS: &str = "OpenAPI documents";
    const PYTHON: &str = "Python client and Schemathesis";
    match ChatServer::start() {
        Ok(server) => {
            report.record(DOCUMENTS, openapi::typescript(&server));
            match openapi::missing_python() {
                None => report.record(PYTHON, openapi::python(&server)),
                Some(missing) => report.skip(PYTHON, missing),
            }
        }
        Err(error) => report.record(DOCUMENTS, Err(error)),
    }
}
