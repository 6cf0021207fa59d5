//! An application that `cargo mizan new` created.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::project::{self, cargo, command, npm};
use crate::step;

/// The program that creates the applications.
pub(super) const PROGRAM: &str = "cargo-mizan";

/// The files of the template that are generated from the program of an application.
const GENERATED: [&str; 2] = ["web/src/mizan/manifest.json", "access.md"];

/// The name of the applications' package, so that Cargo and npm reuse what they built before.
pub(super) const NAME: &str = "shop";

/// An application in a folder below `target/template`.
pub(super) struct Application {
    pub(super) folder: PathBuf,
    pub(super) target: PathBuf,
}

impl Application {
    /// Creates an application below `target/template`. The last option may be `--path-dependencies`.
    pub(super) fn create(folder: &str, options: &[&str]) -> anyhow::Result<Self> {
        let target = project::target_directory()?;
        let parent = target.join("template").join(folder);
        replace_folder(&parent)?;
        // The npm packages of the workspace are in a folder above.
        let mut new = command(
            project::built_program(PROGRAM),
            ["mizan", "new", NAME, "--no-install"],
        );
        new.args(options).current_dir(&parent);
        if options.contains(&"--path-dependencies") {
            new.arg(project::root());
        }
        step::output(&mut new)?;
        let folder = parent.join(NAME);
        // The same versions as in the workspace, so that Cargo reuses what it built.
        fs::copy(
            project::root().join("Cargo.lock"),
            folder.join("Cargo.lock"),
        )?;
        Ok(Self { folder, target })
    }

    pub(super) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = cargo(arguments);
        command
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }

    pub(super) fn npm<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = npm(arguments);
        command.current_dir(self.folder.join("web"));
        command
    }

    pub(super) fn program(&self) -> Command {
        let mut command = command(self.target.join("debug").join(NAME), [""; 0]);
        command.current_dir(&self.folder);
        command
    }

    /// Runs those commands of the CI file that compare committed files: the format, the client and the access.
    pub(super) fn check_files(&self) -> anyhow::Result<()> {
        let workflow = fs::read_to_string(self.folder.join(".github/workflows/ci.yml"))
            .context("the application has no CI file")?;
        let commands = workflow
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- run: cargo "));
        let mut checks = 0;
        for command in commands.filter(|command| command.ends_with(" --check")) {
            let mut command_line = match command.strip_prefix("mizan ") {
                Some(arguments) => self.mizan(arguments.split(' ')),
                None => self.cargo(command.split(' ')),
            };
            step::run(&format!("template: cargo {command}"), &mut command_line)
                .context("run `cargo xtask template --update`")?;
            checks += 1;
        }
        ensure!(
            checks == 3,
            "the CI file of the application has {checks} checks"
        );
        Ok(())
    }

    /// Writes the generated files into the template.
    pub(super) fn update(&self, template: &str) -> anyhow::Result<()> {
        step::run("template: client", &mut self.mizan(["codegen"]))?;
        step::run("template: access", &mut self.mizan(["access"]))?;
        let template = project::root()
            .join(PROGRAM)
            .join("template")
            .join(template);
        for file in GENERATED {
            fs::copy(self.folder.join(file), template.join(file))?;
        }
        Ok(())
    }

    pub(super) fn mizan<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = command(project::built_program(PROGRAM), ["mizan"]);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }
}

/// Creates an empty folder in place of an older one.
pub(super) fn replace_folder(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}
