//! The folders, packages and programs of the workspace.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde_json::Value;

/// A program with a generated client.
pub(crate) struct Example {
    /// The package. Its program prints the manifest when its first argument is `manifest`.
    pub(crate) package: &'static str,
    /// The example of the package that is the program, if the package is a library.
    pub(crate) example: Option<&'static str>,
    /// The folder of the generated client.
    pub(crate) client: &'static str,
    /// The file with the callers of each function, if it is committed.
    pub(crate) access: Option<&'static str>,
    /// True if the program renders pages. Its feature `v8` then selects V8.
    pub(crate) renders: bool,
}

impl Example {
    /// Returns the path of the program that cargo built.
    pub(crate) fn program(&self) -> PathBuf {
        match self.example {
            Some(example) => built_program(&format!("examples/{example}")),
            None => built_program(self.package),
        }
    }
}

pub(crate) const EXAMPLES: [Example; 3] = [
    Example {
        package: "chat",
        example: None,
        client: "examples/chat/web/src/mizan",
        access: Some("examples/chat/access.md"),
        renders: true,
    },
    Example {
        package: "hello",
        example: None,
        client: "examples/hello/web/mizan",
        access: None,
        renders: false,
    },
    Example {
        package: "mizan-explorer",
        example: Some("explorer_page"),
        client: "mizan-explorer/web/src/mizan",
        access: None,
        renders: false,
    },
];

/// The crates that are published.
pub(crate) const LIBRARIES: [&str; 13] = [
    "mizan-macros-syntax",
    "mizan-core-macros",
    "mizan-core",
    "mizan-store",
    "mizan-forms-macros",
    "mizan-forms",
    "mizan-channels",
    "mizan-http",
    "mizan-auth",
    "mizan-openapi",
    "mizan-codegen",
    "mizan-ssr",
    "mizan-explorer",
];

/// The programs that are published, apart from those of [`LIBRARIES`].
pub(crate) const PROGRAMS: [&str; 1] = ["cargo-mizan"];

/// The roots of the crates.
pub(crate) const RUST_SOURCES: [&str; 18] = [
    "mizan-core/src/lib.rs",
    "mizan-core/macros/src/lib.rs",
    "mizan-core/macros/syntax/src/lib.rs",
    "mizan-store/src/lib.rs",
    "mizan-forms/src/lib.rs",
    "mizan-forms/macros/src/lib.rs",
    "mizan-channels/src/lib.rs",
    "mizan-http/src/lib.rs",
    "mizan-auth/src/lib.rs",
    "mizan-openapi/src/lib.rs",
    "mizan-codegen/src/lib.rs",
    "mizan-explorer/src/lib.rs",
    "mizan-ssr/src/lib.rs",
    "cargo-mizan/src/main.rs",
    "examples/actix/src/lib.rs",
    "examples/chat/src/lib.rs",
    "examples/hello/src/main.rs",
    "xtask/src/main.rs",
];

/// Returns the root folder of the workspace.
pub(crate) fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Returns a command that runs in the root folder of the workspace.
pub(crate) fn command<I, S>(program: impl AsRef<OsStr>, arguments: I) -> Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null());
    command
}

/// Returns the output of `cargo metadata`.
pub(crate) fn metadata() -> anyhow::Result<Value> {
    let output = cargo(["metadata", "--format-version", "1"])
        .output()
        .context("cannot run cargo")?;
    anyhow::ensure!(output.status.success(), "cargo metadata failed");
    serde_json::from_slice(&output.stdout).context("cannot parse the output of cargo metadata")
}

/// Returns the folder that cargo builds in.
pub(crate) fn target_directory() -> anyhow::Result<PathBuf> {
    let metadata = metadata()?;
    let folder = metadata["target_directory"].as_str();
    Ok(folder
        .context("cargo metadata names no target directory")?
        .into())
}

/// Returns a command for the cargo with which this program was started.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    command(
        std::env::var_os("CARGO").unwrap_or("cargo".into()),
        arguments,
    )
}

pub(crate) fn npm<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    command(npm, arguments)
}

/// Returns the path of a program that cargo built. It is in the folder of this program.
pub(crate) fn built_program(package: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap_or_default();
    this.with_file_name(format!("{package}{}", std::env::consts::EXE_SUFFIX))
}

/// Returns a port that no program listens on.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}

/// The oldest supported version of Node.js, as in `package.json`.
const MIN_NODE_VERSION: (u32, u32) = (20, 19);

/// Returns a message about missing software that building the pages requires, or `None`.
pub(crate) fn missing_node() -> Option<String> {
    let (major, minor) = MIN_NODE_VERSION;
    let install = format!("install Node.js {major}.{minor} or newer, which builds the pages");
    if !is_installed("npm", "--version") {
        return Some(format!("npm is not installed: {install}"));
    }
    let version = command("node", ["--version"]).output().ok();
    let version = version.and_then(|output| String::from_utf8(output.stdout).ok());
    let version = version.unwrap_or_default();
    let mut numbers = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(found_major)), Some(Ok(found_minor)))
            if (found_major, found_minor) >= MIN_NODE_VERSION =>
        {
            None
        }
        _ => Some(format!("Node.js is {}: {install}", version.trim())),
    }
}

/// Returns whether a program is installed, by running it with `argument`.
pub(crate) fn is_installed(program: &str, argument: &str) -> bool {
    command(program, [argument])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Returns the Chromium for the browser tests: the one in `CHROMIUM`, or the first on `PATH`.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

/// Returns whether the installed npm packages match the lock file.
///
/// npm writes a copy of the lock file into `node_modules` when it installs.
pub(crate) fn has_npm_packages() -> bool {
    let modified = |path: &str| {
        root()
            .join(path)
            .metadata()
            .and_then(|it| it.modified())
            .ok()
    };
    match (
        modified("node_modules/.package-lock.json"),
        modified("package-lock.json"),
    ) {
        (Some(installed), Some(locked)) => installed >= locked,
        _ => false,
    }
}
