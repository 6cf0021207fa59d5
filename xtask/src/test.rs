//! `cargo xtask test`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::project::{self, answers, cargo, npm};
use crate::{attacks, codegen, demo, step, v8};

/// What became of a check.
enum Outcome {
    Passed,
    Failed,
    /// Why it could not run.
    Skipped(String),
}

/// Checks in the order that finds mistakes soonest.
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

    /// Prints the summary; its last line is the sum.
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

/// Runs every check that this machine can run. Says whether none failed.
pub(crate) fn run() -> anyhow::Result<bool> {
    let mut report = Report(Vec::new());
    let missing = project::node_is_missing();
    if missing.is_none() {
        // First: the tests of server rendering use these packages, and test little without them.
        report.record("npm packages", demo::install());
    }
    rust(&mut report);
    match missing {
        None => typescript(&mut report),
        Some(missing) => {
            for name in [
                "server rendering of React components",
                "generated clients",
                "types",
                "Vitest",
                "page",
                "browser tests",
            ] {
                report.skip(name, missing.clone());
            }
        }
    }
    Ok(report.print())
}

/// What is not on by itself and needs nothing that has to be fetched. Where a database cannot be had, its
/// tests say so.
pub(crate) const FEATURES: &str = "mizan-auth/postgres,mizan-auth/redis,mizan-auth/smtp,mizan-auth/suite,\
                        mizan-auth/tower-sessions";

fn rust(report: &mut Report) {
    report.record("tests named in SECURITY.md", attacks::check().map(|_| ()));
    report.check("rustfmt", &mut cargo(["fmt", "--all", "--check"]));
    report.check(
        "clippy",
        &mut cargo([
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            FEATURES,
            "--",
            "-D",
            "warnings",
        ]),
    );
    report.check(
        "Rust tests",
        &mut tests(["--workspace", "--features", FEATURES]),
    );
    engines(report);
    report.check(
        "Rust examples in docs",
        &mut cargo(["test", "--workspace", "--doc", "--features", FEATURES]),
    );
    report.check(
        "rustdoc",
        cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
    );
    // Verified by nothing but being packed: the files that a crate embeds are all below it.
    report.check(
        "packages for the registry",
        cargo(["package", "--quiet", "--no-verify", "--allow-dirty"]).args(
            project::LIBRARIES
                .iter()
                .flat_map(|library| ["--package", library]),
        ),
    );
    if answers("cargo-deny", "--version") {
        // Advisories come from outside the crate registry: `cargo deny check` looks at those too.
        report.check(
            "licences and sources",
            &mut cargo(["deny", "check", "bans", "licenses", "sources"]),
        );
    } else {
        report.skip(
            "licences and sources",
            "cargo-deny is not here; `cargo install cargo-deny`",
        );
    }
}

/// The packages and features that are tested with V8. The engine that builds anywhere is tested with the workspace.
pub(crate) const V8: [&str; 4] = ["--package", "mizan-ssr", "--features", "v8,css-modules"];

fn engines(report: &mut Report) {
    if let Some(why) = v8::is_missing() {
        report.skip("server rendering in V8", why);
        return;
    }
    report.check(
        "clippy with V8",
        cargo(["clippy", "--all-targets"])
            .args(V8)
            .args(["--", "-D", "warnings"]),
    );
    report.check("server rendering in V8", &mut tests(V8));
}

/// Runs tests with nextest, where it is there.
fn tests<'a>(packages: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = if answers("cargo-nextest", "--version") {
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
        &mut project::command(project::built("xtask"), ["codegen", "--check"]),
    );
    report.check("types", &mut npm(["run", "typecheck"]));
    report.record("Vitest", vitest(&[]));
    report.check("page", &mut npm(["run", "build"]));
    match project::chromium() {
        Some(chromium) => report.record("browser tests", browser(&chromium, &[])),
        None => report.skip(
            "browser tests",
            "no Chromium was found; install it, or name it in CHROMIUM",
        ),
    }
}

/// Runs the client's tests, with a channels server for them to talk to.
pub(crate) fn vitest(arguments: &[String]) -> anyhow::Result<()> {
    let example = [
        "build",
        "--quiet",
        "--package",
        "mizan-http",
        "--example",
        "channels",
    ];
    step::run("channels server", &mut cargo(example))?;
    let server = project::built("examples/channels");
    step::run(
        "Vitest",
        npm(["test", "--workspace", "mizan-codegen", "--"])
            .args(arguments)
            .env("MIZAN_CHANNELS", server),
    )
}

/// Runs the browser tests against a chat server of their own.
pub(crate) fn browser(chromium: &std::path::Path, arguments: &[String]) -> anyhow::Result<()> {
    step::run(
        "chat server",
        &mut codegen::build_command(&project::EXAMPLES[0]),
    )?;
    let server = Server::start()?;
    step::run(
        "browser tests",
        npm(["run", "e2e", "--workspace", "examples/chat/web", "--"])
            .args(arguments)
            .env("CHROMIUM", chromium)
            .env("MIZAN_BASE_URL", &server.address)
            .env("MIZAN_MAIL", server.mail())
            .env("MIZAN_CHAT", project::built("chat")),
    )
}

/// The chat example, on a free port until this is dropped, with accounts and mail of its own.
struct Server {
    process: Child,
    address: String,
    folder: TempDir,
}

impl Server {
    fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder for the chat example")?;
        let mut process = project::command(project::built("chat"), ["--port", "0"])
            .arg("--database")
            .arg(folder.path().join("chat.db"))
            .arg("--mail")
            .arg(mail_in(&folder))
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the chat example")?;
        let mut address = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut address)?;
        }
        let address = address.trim().to_owned();
        anyhow::ensure!(
            !address.is_empty(),
            "the chat example ended before it listened"
        );
        Ok(Self {
            process,
            address,
            folder,
        })
    }

    /// Where the server writes mail to.
    fn mail(&self) -> PathBuf {
        mail_in(&self.folder)
    }
}

fn mail_in(folder: &TempDir) -> PathBuf {
    folder.path().join("mail")
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
