//! A folder with fake programs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The interval at which a condition is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The time after which a process that has been killed counts as running.
const KILL_DEADLINE: Duration = Duration::from_secs(30);

/// A folder to work in, and a folder of fake programs that precede those of the system.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "work"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    /// Returns a sandbox in which Node.js and npm have supported versions, and npm installs nothing.
    pub(crate) fn with_node() -> Self {
        let sandbox = Self::new();
        sandbox.program("node", "echo v22.0.0");
        sandbox.program("npm", "echo 11.0.0");
        sandbox
    }

    /// Returns the path of the working folder.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Writes a program: a script for `sh`.
    pub(crate) fn program(&self, name: &str, script: &str) {
        write_script(&self.bin(name), script);
    }

    /// Returns the path of a program.
    pub(crate) fn bin(&self, name: &str) -> PathBuf {
        self.folder.path().join("bin").join(name)
    }

    /// Returns `cargo mizan` in the working folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut path = self.folder.path().join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-mizan"));
        command
            .arg("mizan")
            .args(arguments)
            .current_dir(self.work())
            .env("PATH", path);
        command
    }

    /// Runs `cargo mizan`, and returns whether it succeeded and what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> (bool, String) {
        printed(&self.command(arguments).output().unwrap())
    }

    /// Waits until a file exists, and returns its content.
    pub(crate) fn wait_for(path: &Path) -> String {
        loop {
            if let Ok(text) = fs::read_to_string(path) {
                return text;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Returns the names in the working folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.work()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Returns whether a program succeeded, and what it printed.
pub(crate) fn printed(output: &Output) -> (bool, String) {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    (output.status.success(), text.concat())
}

/// Writes an executable script.
pub(crate) fn write_script(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Waits until a process has ended. Returns `false` if it still runs after a deadline.
pub(crate) fn is_gone(process: &str) -> bool {
    let stat = format!("/proc/{}/stat", process.trim());
    let began = Instant::now();
    while began.elapsed() < KILL_DEADLINE {
        // A killed process takes a moment until its parent has collected it.
        if fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z ")) {
            return true;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    false
}
