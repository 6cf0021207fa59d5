//! `cargo xtask codegen`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use mizan_codegen::cli::{self, AccessArguments, Arguments, ManifestSource, Outcome};
use notify::{RecursiveMode, Watcher as _};

use crate::project::{self, EXAMPLES, Example};
use crate::v8;

#[derive(Args)]
pub(crate) struct Options {
    /// Fail if a client is out of date, without writing files
    #[arg(long, conflicts_with = "watch")]
    check: bool,
    /// Keep running, and write the clients when a Rust file changes
    #[arg(long, conflicts_with = "manifest")]
    watch: bool,
    /// The manifest to read instead of building the examples
    #[arg(long, value_name = "FILE", requires = "out")]
    manifest: Option<PathBuf>,
    /// The folder to write to; without `--manifest`, the client of the chat example is written
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<bool> {
    if options.watch {
        return watch(options);
    }
    let is_current = once(options)?;
    if !is_current {
        println!("out of date: run `cargo xtask codegen`, and commit the result");
    }
    Ok(is_current)
}

fn once(options: &Options) -> anyhow::Result<bool> {
    if let (Some(manifest), Some(out)) = (&options.manifest, &options.out) {
        return generate(&Arguments {
            source: ManifestSource {
                manifest: Some(manifest.clone()),
                command: Vec::new(),
            },
            out: out.clone(),
            check: options.check,
            dates: mizan_codegen::Dates::default(),
            declaration_maps: None,
            type_check: true,
            watch: None,
            openapi: None,
        });
    }
    let mut is_current = true;
    for example in selected(options) {
        build(example)?;
        let client = root_relative(example.client);
        let source = ManifestSource {
            manifest: None,
            command: vec![example.program().into(), "manifest".into()],
        };
        if let Some(file) = example.access.filter(|_| options.out.is_none()) {
            let report = cli::access(&AccessArguments {
                source: source.clone(),
                out: root_relative(file),
                check: options.check,
            })?;
            println!("{file}: {report}");
            is_current &= report.is_success();
        }
        is_current &= generate(&Arguments {
            source,
            out: options.out.clone().unwrap_or(client),
            check: options.check,
            dates: mizan_codegen::Dates::default(),
            declaration_maps: None,
            type_check: true,
            watch: None,
            openapi: None,
        })?;
    }
    Ok(is_current)
}

/// Returns the examples to generate clients for: only the first if `--out` is set.
fn selected(options: &Options) -> &'static [Example] {
    if options.out.is_some() {
        &EXAMPLES[..1]
    } else {
        &EXAMPLES
    }
}

fn build(example: &Example) -> anyhow::Result<()> {
    let status = build_command(example)
        .status()
        .context("cannot run cargo")?;
    anyhow::ensure!(
        status.success(),
        "cannot build the program of {}",
        example.package
    );
    Ok(())
}

/// Returns the command that builds the program of an example.
pub(crate) fn build_command(example: &Example) -> Command {
    let mut command = project::cargo(["build", "--quiet", "--package", example.package]);
    if let Some(name) = example.example {
        command.args(["--example", name]);
    }
    if example.renders && v8::unavailable_reason().is_none() {
        command.args(["--features", "v8"]);
    }
    command
}

fn generate(arguments: &Arguments) -> anyhow::Result<bool> {
    let outcome = cli::run(arguments)?;
    let out = shown(&arguments.out).display();
    match &outcome {
        Outcome::Checked(differences) if !differences.is_empty() => {
            for difference in differences {
                println!("{out}/{difference}");
            }
        }
        outcome => println!("{out}: {outcome}"),
    }
    Ok(outcome.is_success())
}

fn root_relative(path: &str) -> PathBuf {
    project::root().join(path)
}

fn shown(path: &Path) -> &Path {
    path.strip_prefix(project::root()).unwrap_or(path)
}

fn watch(options: &Options) -> anyhow::Result<bool> {
    let (changes, changed) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
        // A build reads the files, and each read is an event too.
        if event.is_ok_and(|event| !event.kind.is_access() && event.paths.iter().any(is_rust)) {
            let _ = changes.send(());
        }
    })?;
    for folder in [
        "examples/chat/src",
        "examples/hello/src",
        "mizan-explorer/src",
        "mizan-core",
        "mizan-http",
    ] {
        watcher.watch(&root_relative(folder), RecursiveMode::Recursive)?;
    }
    loop {
        if let Err(error) = once(options) {
            eprintln!("error: {error:#}");
        }
        println!("waiting for changes to Rust files");
        changed
            .recv()
            .context("cannot watch the files any longer")?;
        // Editors save a file in several steps.
        while changed.recv_timeout(Duration::from_millis(200)).is_ok() {}
    }
}
