//! The programs that an application needs: Rust and Node.js.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

/// The oldest supported versions, which are also in the files of the template.
const MIN_RUST: Version = Version(1, 95);
const MIN_NODE: Version = Version(20, 19);

/// Major and minor version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

/// Checks the version of Rust.
pub(crate) fn check_rust() -> anyhow::Result<()> {
    let Version(major, minor) = MIN_RUST;
    let install = format!(
        "install Rust {major}.{minor} or newer with `rustup update`, or from https://rustup.rs"
    );
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let output =
        output_of(&rustc, "--version").with_context(|| format!("cannot run rustc: {install}"))?;
    check(
        "Rust",
        &output,
        output.split(' ').nth(1),
        MIN_RUST,
        &install,
    )
}

/// Checks the version of Node.js, and that npm is installed.
pub(crate) fn check_node() -> anyhow::Result<()> {
    let Version(major, minor) = MIN_NODE;
    let install =
        format!("install Node.js {major}.{minor} or newer, with npm, from https://nodejs.org");
    let output =
        output_of("node", "--version").with_context(|| format!("cannot run node: {install}"))?;
    check(
        "Node.js",
        &output,
        output.strip_prefix('v'),
        MIN_NODE,
        &install,
    )?;
    output_of(npm(), "--version").with_context(|| format!("cannot run npm: {install}"))?;
    Ok(())
}

/// Returns the name of the program npm.
pub(crate) fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

fn check(
    program: &str,
    output: &str,
    version: Option<&str>,
    least: Version,
    install: &str,
) -> anyhow::Result<()> {
    let found = version.and_then(parse);
    let found =
        found.with_context(|| format!("cannot read the version of {program} from {output:?}"))?;
    ensure!(found >= least, "{program} is too old ({output}): {install}");
    Ok(())
}

fn parse(version: &str) -> Option<Version> {
    let mut numbers = version.split('.');
    Some(Version(
        numbers.next()?.parse().ok()?,
        numbers.next()?.parse().ok()?,
    ))
}

fn output_of(program: impl AsRef<OsStr>, argument: &str) -> anyhow::Result<String> {
    let output = Command::new(program.as_ref())
        .arg(argument)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        bail!("it ended with {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
