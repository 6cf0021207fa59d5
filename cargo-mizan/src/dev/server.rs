//! The server of the application, which inherits the listening socket.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::output::{LastLines, relay};
use crate::process::Group;
use crate::project::Project;

/// The time in which a server finishes its requests after SIGTERM. It is killed afterwards.
const STOP_DEADLINE: Duration = Duration::from_secs(5);

/// The time in which the last output of a server that ended is copied.
const OUTPUT_DEADLINE: Duration = Duration::from_millis(500);

/// A running server. It is killed on drop.
pub(super) struct Server {
    group: Group,
    pub(super) started: Instant,
    pub(super) last_lines: LastLines,
    relays: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts a server with the listening socket as in systemd's protocol, which the crate `listenfd` reads.
    pub(super) fn start(
        project: &Project,
        program: &Path,
        listener: &TcpListener,
        variables: &[(&str, String)],
        arguments: &[OsString],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        let inner = &mut command;
        inner
            .args(arguments)
            .current_dir(&project.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in variables {
            // The user's own settings take precedence.
            if std::env::var_os(name).is_none() {
                inner.env(name, value);
            }
        }
        pass_socket(inner, listener)?;
        let mut group = Group::spawn(command)?;
        let last_lines = LastLines::default();
        let mut relays = Vec::new();
        if let Some(stdout) = group.child().stdout.take() {
            relays.push(tokio::spawn(relay(stdout, last_lines.clone())));
        }
        if let Some(stderr) = group.child().stderr.take() {
            relays.push(tokio::spawn(relay(stderr, last_lines.clone())));
        }
        Ok(Self {
            group,
            started: Instant::now(),
            last_lines,
            relays,
        })
    }

    /// Waits until the server ends by itself, and its output was copied.
    pub(super) async fn exited(&mut self) -> anyhow::Result<ExitStatus> {
        let status = self
            .group
            .child()
            .wait()
            .await
            .context("cannot wait for the server")?;
        for relay in &mut self.relays {
            // A process that the server started may keep the output open.
            let _ = timeout(OUTPUT_DEADLINE, relay).await;
        }
        self.relays.clear();
        Ok(status)
    }

    /// Stops the server: it finishes its requests within a deadline.
    pub(super) async fn stop(mut self) {
        #[cfg(unix)]
        {
            self.group.terminate();
            let _ = timeout(STOP_DEADLINE, self.group.child().wait()).await;
        }
        // Dropping kills those processes of the group that still run.
    }
}

#[cfg(unix)]
fn pass_socket(command: &mut Command, listener: &TcpListener) -> anyhow::Result<()> {
    use command_fds::CommandFdExt as _;
    use command_fds::FdMapping;

    /// The first descriptor that is passed.
    const FIRST: i32 = 3;
    let parent_fd = listener
        .try_clone()
        .context("cannot duplicate the socket")?
        .into();
    command
        .fd_mappings(vec![FdMapping {
            parent_fd,
            child_fd: FIRST,
        }])
        .context("cannot pass the socket")?;
    command
        .env("LISTEN_FDS", "1")
        .env_remove("LISTEN_PID")
        .env_remove("LISTEN_FDS_FIRST_FD");
    Ok(())
}

#[cfg(not(unix))]
fn pass_socket(_: &mut tokio::process::Command, _: &TcpListener) -> anyhow::Result<()> {
    anyhow::bail!(
        "`cargo mizan dev` passes a socket to the server, which only Unix supports: use WSL"
    )
}
