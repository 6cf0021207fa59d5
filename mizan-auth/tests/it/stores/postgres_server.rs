//! A PostgreSQL server for a single test.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server that stops at the end of the test.
pub(crate) struct PostgresServer {
    process: Option<Child>,
    port: u16,
    as_user: Option<RunAs>,
    folder: tempfile::TempDir,
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The user that runs PostgreSQL, which refuses to run as root.
#[derive(Clone, Copy)]
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

/// Creates a folder that belongs to the user that runs PostgreSQL.
fn new_folder(as_user: Option<&RunAs>) -> Result<tempfile::TempDir, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    if let Some(RunAs { user, group }) = as_user {
        let owned = std::os::unix::fs::chown(folder.path(), Some(*user), Some(*group));
        owned.map_err(|error| error.to_string())?;
    }
    Ok(folder)
}

/// Runs a program of PostgreSQL to its end.
fn run_program(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{program}` failed: {status}")),
        Err(error) => Err(format!("`{program}` is not on PATH: {error}")),
    }
}

/// Starts a server with a new database, or returns the reason why it cannot start.
pub(crate) fn start() -> Result<PostgresServer, String> {
    let as_user = run_as()?;
    let folder = new_folder(as_user.as_ref())?;
    run_program(
        command("initdb", as_user.as_ref(), folder.path())
            .args([
                "--auth=trust",
                "--username=test",
                "--no-sync",
                "--encoding=UTF8",
                "-D",
            ])
            .arg(folder.path().join("data")),
    )?;
    PostgresServer::new(as_user, folder)
}

impl PostgresServer {
    fn new(as_user: Option<RunAs>, folder: tempfile::TempDir) -> Result<Self, String> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let mut server = Self {
            process: None,
            port: free.map_err(|error| error.to_string())?.port(),
            as_user,
            folder,
        };
        server.run()?;
        Ok(server)
    }

    /// Returns the URL of the database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://test@127.0.0.1:{}/postgres", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Starts the process, with the data of the previous one.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        let process = command("postgres", self.as_user.as_ref(), self.folder.path())
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-F", "-D"])
            .arg(self.folder.path().join("data"))
            .arg("-k")
            .arg(self.folder.path())
            .spawn()
            .map_err(|error| format!("`postgres` is not on PATH: {error}"))?;
        self.process = Some(process);
        Ok(())
    }

    /// Kills the process.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Returns whether the process has ended by itself, for example because another one still uses its data.
    pub(crate) fn has_ended(&mut self) -> bool {
        let process = self.process.as_mut();
        process.is_none_or(|process| matches!(process.try_wait(), Ok(Some(_))))
    }

    /// Starts a replica of this server.
    pub(crate) fn start_replica(&self) -> Result<Self, String> {
        let folder = new_folder(self.as_user.as_ref())?;
        run_program(
            command("pg_basebackup", self.as_user.as_ref(), folder.path())
                .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
                .args(["-U", "test", "-h", "127.0.0.1"])
                .args(["-p", &self.port.to_string(), "-D"])
                .arg(folder.path().join("data")),
        )?;
        Self::new(self.as_user, folder)
    }

    /// Writes the statements that restore the database to a file.
    pub(crate) fn dump(&self) -> Result<PathBuf, String> {
        let file = self.folder.path().join("dump.sql");
        let mut dump = command("pg_dump", self.as_user.as_ref(), self.folder.path());
        dump.args(["--clean", "--if-exists", "--file"])
            .arg(&file)
            .arg(self.url());
        run_program(&mut dump)?;
        Ok(file)
    }

    /// Runs the statements of a file.
    pub(crate) fn restore(&self, file: &Path) -> Result<(), String> {
        let mut restore = command("psql", self.as_user.as_ref(), self.folder.path());
        restore
            .args(["--set", "ON_ERROR_STOP=1", "--file"])
            .arg(file)
            .arg(self.url());
        run_program(&mut restore)
    }
}
