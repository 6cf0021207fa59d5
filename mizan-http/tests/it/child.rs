//! A server in a child process, for tests of signals and open files, which affect a whole process.
//!
//! The child is this test program, which runs one ignored test.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::harness::within_timeout;

const IS_CHILD: &str = "MIZAN_TEST_CHILD";

/// Returns whether this process is a server that a test started.
pub(crate) fn is_child() -> bool {
    std::env::var_os(IS_CHILD).is_some()
}

/// Prints the address of the server for the parent process.
pub(crate) fn announce(addr: SocketAddr) {
    println!("\nlistening on {addr}");
}

pub(crate) struct Process {
    pub(crate) addr: SocketAddr,
    child: Child,
}

impl Process {
    /// Runs the ignored test `name` after the shell command `before`.
    pub(crate) async fn start(name: &str, before: &str) -> Self {
        let program: PathBuf = std::env::current_exe().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", &format!("{before}; exec \"$0\" \"$@\"")])
            .arg(program)
            .args([name, "--exact", "--ignored", "--nocapture"])
            .env(IS_CHILD, "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let addr = loop {
            let line = within_timeout(lines.next_line()).await.unwrap();
            let line = line.expect("the child prints its address");
            if let Some(addr) = line.strip_prefix("listening on ") {
                break addr.parse().unwrap();
            }
        };
        // The pipe must be read, because a full or closed pipe would block or end the child.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { addr, child }
    }

    pub(crate) async fn signal(&self, signal: &str) {
        let id = self.child.id().unwrap().to_string();
        let status = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(status.await.unwrap().success());
    }

    /// Waits until the process exits, and returns its exit status and its log.
    pub(crate) async fn wait_for_exit(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        within_timeout(stderr.read_to_string(&mut log))
            .await
            .unwrap();
        let status = within_timeout(self.child.wait()).await.unwrap();
        (status.code(), format!("{log}{status:?}"))
    }
}
