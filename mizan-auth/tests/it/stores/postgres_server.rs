//! A PostgreSQL server for a single test.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server that stops at the end of the test.
pub(crate) struct PostgresServer {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The user that runs PostgreSQL, which refuses to run as root.
struct RunAs {
    user: u32,
    group: u32,
}

fn id_of(user: &str, which: &str) -> Option<u32> {
    let output = Command::new("id").args([which, user]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Returns `None` if the current user is not root, and an error if there is no other user.
fn run_as() -> Result<Option<RunAs>, String> {
    let me = Command::new("id").arg("-u").output();
    let me = me.map_err(|error| format!("`id` cannot be run: {error}"))?;
    if me.stdout.trim_ascii() != b"0" {
        return Ok(None);
    }
    let found = ["postgres", "nobody"].into_iter().find_map(|user| {
        let (user, group) = (id_of(user, "-u")?, id_of(user, "-g")?);
        Some(RunAs { user, group })
    });
    found.map(Some).ok_or_else(|| {
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody`".to_owned()
    })
}

fn command(program: &str, as_user: Option<&RunAs>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(RunAs { user, group }) = as_user {
        command.uid(*user).gid(*group);
    }
    command
}

/// Starts a server with a new database, or returns the reason why it cannot start.
pub(crate) fn start() -> Result<PostgresServer, String> {
    let as_user = run_as()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    if let Some(RunAs { user, group }) = &as_user {
        let owned = std::os::unix::fs::chown(folder.path(), Some(*user), Some(*group));
        owned.map_err(|error| error.to_string())?;
    }
    let data: PathBuf = folder.path().join("data");
    let made = command("initdb", as_user.as_ref(), folder.path())
        .args([
            "--auth=trust",
            "--username=test",
            "--no-sync",
            "--encoding=UTF8",
            "-D",
        ])
        .arg(&data)
        .status();
    match made {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(format!("`initdb` failed: {status}")),
        Err(error) => return Err(format!("`initdb` is not on PATH: {error}")),
    }
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = free.map_err(|error| error.to_string())?.port();
    let process = command("postgres", as_user.as_ref(), folder.path())
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-F", "-D"])
        .arg(&data)
        .arg("-k")
        .arg(folder.path())
        .spawn()
        .map_err(|error| format!("`postgres` is not on PATH: {error}"))?;
    Ok(PostgresServer {
        process,
        port,
        _folder: folder,
    })
}

impl PostgresServer {
    /// Returns the URL of the database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://test@127.0.0.1:{}/postgres", self.port)
    }
}
