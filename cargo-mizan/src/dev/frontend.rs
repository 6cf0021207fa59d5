//! The front end: its npm packages and Vite's development server.

use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Instant;

use anyhow::Context as _;
use serde_json::json;
use tokio::io::AsyncBufReadExt as _;
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

use super::backoff::Backoff;
use super::output::{LastLines, relay};
use super::problem::{Part, Problem, Problems, Shown};
use super::watch::Changes;
use crate::process::{self, Group};
use crate::progress::Step;
use crate::tools;

const SCRIPT: &str = include_str!("vite.mjs");

/// The addresses of Vite and of the application.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    pub(super) vite_port: u16,
    pub(super) vite: String,
    pub(super) application: String,
}

/// Runs Vite, and starts it again when it ends or `package.json` changes.
pub(super) async fn run(
    web: &Path,
    addresses: &Addresses,
    problems: &Problems,
    mut changes: Changes,
) -> anyhow::Result<Infallible> {
    let mut backoff = Backoff::default();
    loop {
        let package = read_package(web);
        if let Err(problem) = prepare(web, package.as_deref()).await? {
            problems.report(Part::Packages, &problem);
            until_changed(web, package.as_deref(), &mut changes).await?;
            continue;
        }
        problems.resolve(Part::Packages);
        let started = Instant::now();
        let mut vite = Vite::start(web, addresses)?;
        let status = tokio::select! {
            status = vite.run(problems) => status?,
            changed = until_changed(web, package.as_deref(), &mut changes) => {
                changed?;
                backoff.reset();
                continue;
            }
        };
        let delay = backoff.after(started.elapsed());
        let message = format!(
            "Vite ended ({status}); it starts again in {} s, or after a change of package.json\n{}",
            delay.as_secs_f32(),
            vite.last_lines.text()
        );
        problems.report(Part::Vite, &Problem::new(&message));
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            changed = until_changed(web, package.as_deref(), &mut changes) => changed?,
        }
    }
}

/// Checks that `package.json` is valid JSON.
pub(super) fn check_package(web: &Path) -> Result<(), Problem> {
    let file = web.join("package.json");
    let text = read_package(web)
        .ok_or_else(|| Problem::new(&format!("cannot read {}", file.display())))?;
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!("{} is no valid JSON: {error}", file.display());
            Err(Problem::new(&message).at(web, "package.json", error.line(), error.column()))
        }
    }
}

fn read_package(web: &Path) -> Option<String> {
    fs::read_to_string(web.join("package.json")).ok()
}

/// Waits until `package.json` differs from `known`.
async fn until_changed(
    web: &Path,
    known: Option<&str>,
    changes: &mut Changes,
) -> anyhow::Result<()> {
    while read_package(web).as_deref() == known {
        changes.next().await?;
    }
    Ok(())
}

/// Installs the packages unless Vite is installed.
async fn prepare(web: &Path, package: Option<&str>) -> anyhow::Result<Result<(), Problem>> {
    if let Err(problem) = check_package(web) {
        return Ok(Err(problem));
    }
    if package.is_some_and(|it| !it.contains("\"vite\"")) {
        let message = format!(
            "{} does not depend on `vite`",
            web.join("package.json").display()
        );
        return Ok(Err(Problem::new(&message)));
    }
    if in_node_modules(web, "vite/package.json").is_some() {
        return Ok(Ok(()));
    }
    let step = Step::begin("npm packages");
    let mut command = Command::new(tools::npm());
    command
        .args(["install", "--no-audit", "--no-fund"])
        .current_dir(web)
        .stdin(Stdio::null());
    let output = process::run(command, |line| step.message(line)).await?;
    if output.status.success() {
        step.succeed();
        return Ok(Ok(()));
    }
    step.fail();
    let folder = web.display();
    let message = format!(
        "npm cannot install the packages of {folder}: check package.json and the network. npm printed:\n{}",
        output.last_lines
    );
    Ok(Err(Problem::new(&message)))
}

/// Finds a file of an installed package, as Node.js does.
pub(super) fn in_node_modules(web: &Path, file: &str) -> Option<std::path::PathBuf> {
    let candidates = web
        .ancestors()
        .map(|folder| folder.join("node_modules").join(file));
    candidates.into_iter().find(|path| path.exists())
}

/// Vite's development server. It is killed on drop.
struct Vite {
    group: Group,
    input: ChildStdin,
    output: Option<ChildStdout>,
    last_lines: LastLines,
}

impl Vite {
    fn start(web: &Path, addresses: &Addresses) -> anyhow::Result<Self> {
        // With `index.html`, Vite serves the front end and forwards its calls.
        let api = web
            .join("index.html")
            .exists()
            .then_some(&addresses.application);
        let settings = json!({ "port": addresses.vite_port, "origin": addresses.vite, "api": api });
        let mut command = Command::new("node");
        command
            .args(["--input-type=module", "--eval", SCRIPT])
            .env("MIZAN_VITE_SETTINGS", settings.to_string())
            .current_dir(web)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut group = Group::spawn(command)?;
        let last_lines = LastLines::default();
        if let Some(stderr) = group.child().stderr.take() {
            tokio::spawn(relay(stderr, last_lines.clone()));
        }
        let output = group.child().stdout.take();
        let input = group.child().stdin.take().context("node has no input")?;
        Ok(Self {
            group,
            input,
            output,
            last_lines,
        })
    }

    /// Sends problems and reloads until Vite ends.
    async fn run(&mut self, problems: &Problems) -> anyhow::Result<ExitStatus> {
        let output = self.output.take();
        let last_lines = self.last_lines.clone();
        let ready = async {
            if let Some(output) = output {
                let mut output = BufReader::new(output);
                let mut line = String::new();
                // The script prints a line when Vite listens.
                if output
                    .read_line(&mut line)
                    .await
                    .is_ok_and(|bytes| bytes > 0)
                {
                    problems.resolve(Part::Vite);
                }
                relay(output, last_lines).await;
            }
            std::future::pending::<Infallible>().await
        };
        let input = &mut self.input;
        let send = send(input, problems.subscribe());
        tokio::select! {
            never = ready => match never {},
            // The process ends when it does not read its input any more.
            () = send => {}
            status = self.group.child().wait() => return status.context("cannot wait for Vite"),
        }
        self.group
            .child()
            .wait()
            .await
            .context("cannot wait for Vite")
    }
}

async fn send(input: &mut ChildStdin, mut shown: watch::Receiver<Shown>) {
    let mut reloads = shown.borrow_and_update().reloads;
    loop {
        let message = {
            let shown = shown.borrow_and_update();
            let reload = shown.reloads != reloads;
            reloads = shown.reloads;
            json!({ "problem": shown.problem(), "reload": reload })
        };
        if input
            .write_all(format!("{message}\n").as_bytes())
            .await
            .is_err()
            || shown.changed().await.is_err()
        {
            return;
        }
    }
}
