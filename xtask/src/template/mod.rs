//! `cargo xtask template`: the applications that `cargo mizan new` creates, built, tested and opened in a browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::chat_server::ChatServer;
use crate::project::{self, LIBRARIES, cargo, command, npm};
use crate::step;

#[derive(Args)]
pub(crate) struct Options {
    /// Write the manifests and tables of access of the applications into the template, instead of checking them
    #[arg(long)]
    update: bool,
}

/// The files of the template that are generated from the program of an application.
const GENERATED: [&str; 2] = ["web/src/mizan/manifest.json", "access.md"];

/// The name of the applications' package, so that Cargo and npm reuse what they built before.
const NAME: &str = "shop";

/// The program that creates the applications.
const PROGRAM: &str = "cargo-mizan";

/// An application in a folder below `target/template`.
struct Application {
    folder: PathBuf,
    target: PathBuf,
}

/// Runs all steps, or updates the generated files of the template.
pub(crate) fn run(options: &Options) -> anyhow::Result<bool> {
    if options.update {
        build_program()?;
        for (template, arguments) in [
            ("app", &["--path-dependencies"][..]),
            ("minimal", &["--minimal", "--path-dependencies"]),
        ] {
            Application::create(template, arguments)?.update(template)?;
        }
    } else {
        check(project::chromium().as_deref())?;
        variants()?;
        packages()?;
    }
    Ok(true)
}

/// Runs the steps of the application without options; those in a browser only if there is one.
pub(crate) fn check(chromium: Option<&Path>) -> anyhow::Result<()> {
    build_program()?;
    let application = complete()?;
    if let Some(chromium) = chromium {
        browser(&application, chromium)?;
    }
    Ok(())
}

fn build_program() -> anyhow::Result<()> {
    step::run(
        "cargo mizan",
        &mut cargo(["build", "--quiet", "--package", PROGRAM]),
    )
}

/// Builds and tests the application without options, with the crates of this workspace.
fn complete() -> anyhow::Result<Application> {
    let application = Application::create("paths", &["--path-dependencies"])?;
    step::run(
        "template: Rust tests",
        &mut application.cargo(["test", "--quiet"]),
    )?;
    application.check_files()?;
    step::run("template: page", &mut application.npm(["run", "build"]))?;
    Ok(application)
}

/// Runs the browser tests of the application.
fn browser(application: &Application, chromium: &Path) -> anyhow::Result<()> {
    let data = tempfile::tempdir().context("cannot create a folder for the template")?;
    let mail = data.path().join("mail");
    let port = free_port()?;
    let address = format!("http://localhost:{port}");
    let mut server = application.program();
    server
        .env("LISTEN", format!("127.0.0.1:{port}"))
        .env("BASE_URL", &address)
        .env("DATABASE", data.path().join("shop.db"))
        .env("MAIL_FOLDER", &mail);
    let _server = ChatServer::run_as_configured(server)?;
    let mut tests = application.npm(["run", "e2e"]);
    tests
        .env("CHROMIUM", chromium)
        .env("E2E_URL", address)
        .env("E2E_MAIL", mail);
    step::run("template: browser tests", &mut tests)
}

/// Checks the variants.
fn variants() -> anyhow::Result<()> {
    let minimal = Application::create("minimal", &["--minimal", "--path-dependencies"])?;
    step::run(
        "template --minimal: Rust tests",
        &mut minimal.cargo(["test", "--quiet"]),
    )?;
    minimal.check_files()?;
    step::run(
        "template --minimal: page",
        &mut minimal.npm(["run", "build"]),
    )?;
    let options = ["--postgres", "--tailwind", "--path-dependencies"];
    let other = Application::create("postgres-tailwind", &options)?;
    let mut check = other.cargo(["check", "--quiet", "--all-targets"]);
    step::run("template --postgres: Rust", &mut check)?;
    step::run(
        "template --tailwind: page",
        &mut other.npm(["run", "build"]),
    )
}

/// Builds the application with the packed crates in place of the registry's.
fn packages() -> anyhow::Result<()> {
    let application = Application::create("packages", &[])?;
    let crates = unpack(application.folder.with_file_name("crates"))?;
    let mut build = application.cargo(["build", "--quiet"]);
    for library in LIBRARIES {
        let path = crates.join(library);
        build
            .arg("--config")
            .arg(format!("patch.crates-io.{library}.path = {path:?}"));
    }
    step::run("template with packed crates", &mut build)?;
    let [packed, source] = [crates.join(PROGRAM), project::root().join(PROGRAM)];
    let [packed, source] = [packed, source].map(|folder| files(&folder.join("template")));
    ensure!(
        packed? == source?,
        "the package of {PROGRAM} lacks files of the template"
    );
    Ok(())
}

/// Unpacks the packages of all published crates into folders with their names.
fn unpack(to: PathBuf) -> anyhow::Result<PathBuf> {
    let packages = project::PROGRAMS.iter().chain(&LIBRARIES);
    let mut package = cargo(["package", "--quiet", "--no-verify", "--allow-dirty"]);
    package.args(packages.clone().flat_map(|name| ["--package", name]));
    step::run("packages", &mut package)?;
    replace_folder(&to)?;
    let packed = project::target_directory()?.join("package");
    for name in packages {
        let version = env!("CARGO_PKG_VERSION");
        let mut tar = command("tar", ["-xzf"]);
        tar.arg(packed.join(format!("{name}-{version}.crate")))
            .arg("-C")
            .arg(&to);
        step::output(&mut tar)?;
        fs::rename(to.join(format!("{name}-{version}")), to.join(name))?;
    }
    Ok(to)
}

impl Application {
    /// Creates an application below `target/template`. The last option may be `--path-dependencies`.
    fn create(folder: &str, options: &[&str]) -> anyhow::Result<Self> {
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

    fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = cargo(arguments);
        command
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }

    fn npm<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = npm(arguments);
        command.current_dir(self.folder.join("web"));
        command
    }

    fn program(&self) -> Command {
        let mut command = command(self.target.join("debug").join(NAME), [""; 0]);
        command.current_dir(&self.folder);
        command
    }

    /// Checks that the Rust files are formatted, and that the template has a current client.
    fn check_files(&self) -> anyhow::Result<()> {
        step::run("template: format", &mut self.cargo(["fmt", "--check"]))?;
        step::run("template: client", &mut self.mizan(["codegen", "--check"]))
            .context("run `cargo xtask template --update`")
    }

    /// Writes the generated files into the template.
    fn update(&self, template: &str) -> anyhow::Result<()> {
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

    fn mizan<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = command(project::built_program(PROGRAM), ["mizan"]);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }
}

/// Creates an empty folder in place of an older one.
fn replace_folder(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

/// Returns the sorted paths of all files below a folder.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in
            fs::read_dir(&next).with_context(|| format!("cannot read {}", next.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder)?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}
