//! The chat example as one executable, alone in a root folder with only the C library.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use regex::Regex;

use crate::chat_server::ChatServer;
use crate::project::{self, is_installed, npm};
use crate::{codegen, step, v8};

/// The paths of the pages, and one path without a page.
const PAGES: [&str; 17] = [
    "/",
    "/hello/?name=Ada",
    "/rooms/lobby/",
    "/rooms/gone/",
    "/meetings/",
    "/contact/",
    "/profile/",
    "/sign-up/",
    "/sign-in/",
    "/verify-email/",
    "/forgot-password/",
    "/reset-password/",
    "/account/",
    "/change-email/",
    "/admin/",
    "/nothing/here",
    "/favicon.svg",
];

/// The number of times that a page is requested from both servers until the answers are equal. A query that takes
/// longer than the shell waits for changes the order of a page.
const ATTEMPTS: usize = 5;

/// Returns the reason if the check cannot run on this machine.
pub(crate) fn unavailable_reason() -> Option<&'static str> {
    if !is_installed("ldd", "--version") || !is_installed("curl", "--version") {
        return Some("ldd and curl are not installed");
    }
    let allowed = in_root(Path::new("/"), "true")
        .stderr(Stdio::null())
        .status();
    let allowed = allowed.is_ok_and(|status| status.success());
    (!allowed).then_some("this machine does not allow `unshare --map-root-user chroot`")
}

/// Builds the web page and runs the check, unless the machine cannot.
pub(crate) fn run() -> anyhow::Result<bool> {
    if let Some(why) = v8::unavailable_reason().or_else(unavailable_reason) {
        anyhow::bail!("cannot run the check: {why}");
    }
    step::run("page", &mut npm(["run", "build"]))?;
    check().map(|()| true)
}

/// Builds the executable and compares its pages with those of a server that renders from files.
pub(crate) fn check() -> anyhow::Result<()> {
    let root = tempfile::tempdir().context("cannot create a root folder")?;
    // The server keeps running when cargo replaces its program.
    let files = ChatServer::start()?;
    let program = build()?;
    fs::copy(&program, root.path().join("chat"))?;
    copy_libraries(&program, root.path())?;
    let mut command = in_root(root.path(), "/chat");
    command.args(["--database", "/chat.db", "--mail", "/mail"]);
    let alone = ChatServer::run(command)?;
    let mut assets = BTreeSet::new();
    for page in PAGES {
        compare(page, &files, &alone, &mut assets)?;
    }
    ensure!(
        assets.len() > 3,
        "the pages link no scripts and style sheets"
    );
    for asset in &assets {
        let [expected, actual] = [&files, &alone].map(|server| get(server, asset));
        let (expected, actual) = (expected?, actual?);
        ensure!(
            expected == actual && actual.starts_with("200"),
            "{asset} differs"
        );
    }
    Ok(())
}

/// Builds the program with its bundle and returns its path.
fn build() -> anyhow::Result<PathBuf> {
    let chat = &project::EXAMPLES[0];
    // The name stays the same, so that cargo builds again only if the content changes.
    let bundle = project::target_directory()?.join("chat.bundle");
    let mut command = project::command(project::built_program(chat.package), ["bundle"]);
    step::run("bundle", command.arg(&bundle))?;
    let mut command = codegen::build_command(chat);
    command
        .args(["--features", "embedded"])
        .env("CHAT_BUNDLE", bundle);
    step::run("one executable", &mut command)?;
    Ok(project::built_program(chat.package))
}

/// Returns a command that runs `program` with `root` as its root folder.
fn in_root(root: &Path, program: &str) -> Command {
    let mut command = project::command("unshare", ["--map-root-user", "chroot"]);
    command.arg(root).arg(program);
    command
}

/// Copies the libraries that `ldd` lists for `program`, with their paths.
fn copy_libraries(program: &Path, root: &Path) -> anyhow::Result<()> {
    let output = Command::new("ldd").arg(program).output()?;
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let paths = listed
        .split_whitespace()
        .filter(|word| word.starts_with('/'));
    for library in paths {
        let copy = root.join(library.trim_start_matches('/'));
        fs::create_dir_all(copy.parent().unwrap_or(root))?;
        fs::copy(library, copy).with_context(|| format!("cannot copy {library}"))?;
    }
    Ok(())
}

/// Compares the answers of both servers without ports and without random values (nonces, tokens and ids), and adds the
/// files that a page links to `assets`.
fn compare(
    page: &str,
    files: &ChatServer,
    alone: &ChatServer,
    assets: &mut BTreeSet<String>,
) -> anyhow::Result<()> {
    let links = Regex::new(r#"(?:src|href)="(/assets/[^"]+)""#)?;
    let random = Regex::new(r"[A-Za-z0-9+/_=-]{20,}|localhost:\d+")?;
    let normalized = |answer: &str| random.replace_all(answer, "*").into_owned();
    let (mut expected, mut actual) = (String::new(), String::new());
    for _ in 0..ATTEMPTS {
        (expected, actual) = (get(files, page)?, get(alone, page)?);
        if normalized(&expected) == normalized(&actual) {
            break;
        }
    }
    ensure!(
        normalized(&expected) == normalized(&actual),
        "{page} differs\nfrom files: {expected}\nfrom the executable: {actual}"
    );
    ensure!(!actual.starts_with('5'), "{page}: {actual}");
    let links = links.captures_iter(&actual);
    assets.extend(links.map(|link| link[1].to_owned()));
    Ok(())
}

/// Returns the status and the body of `path`.
fn get(server: &ChatServer, path: &str) -> anyhow::Result<String> {
    let output = Command::new("curl")
        .args([
            "--silent",
            "--max-time",
            "60",
            "--header",
            "Accept: text/html",
        ])
        .args(["--output", "-", "--write-out", "%{stderr}%{http_code}"])
        .arg(format!("{}{path}", server.address()))
        .output()
        .context("cannot run curl")?;
    let status = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "cannot request {path}: {status}");
    Ok(format!(
        "{status} {}",
        String::from_utf8_lossy(&output.stdout)
    ))
}
