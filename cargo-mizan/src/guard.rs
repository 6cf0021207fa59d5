//! The leader of a process group, which kills the group when this process ends, even by SIGKILL.
//!
//! The leader waits for the end of a pipe. The kernel closes the pipe however the process at its other end ends.

use std::io::{Read as _, stdin};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, getpid, kill_process_group};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// The subcommand that runs the leader of a group.
pub(crate) const SUBCOMMAND: &str = "guard";

/// A process group. All of its processes are killed on drop, and when this process is killed.
pub(crate) struct Guard {
    /// Not collected before the drop, so that no other process gets the id of the group.
    leader: Child,
    group: Pid,
}

impl Guard {
    /// Starts a group that consists of its leader.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let leader = Command::new(this_program()?)
            .args(["mizan", SUBCOMMAND])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start the leader of a process group")?;
        let id = leader.id().and_then(|id| id.try_into().ok());
        let group = id.and_then(Pid::from_raw);
        Ok(Self {
            group: group.context("the leader of a process group has ended")?,
            leader,
        })
    }

    /// Lets a command start its process in this group.
    pub(crate) fn add(&self, command: &mut Command) {
        command.process_group(self.group.as_raw_pid());
    }

    /// Sends SIGTERM to the processes of the group, which the leader ignores.
    pub(crate) fn terminate(&self) {
        let _ = kill_process_group(self.group, Signal::TERM);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Processes that have ended are no error. Tokio collects the leader later.
        let _ = kill_process_group(self.group, Signal::KILL);
        let _ = self.leader.start_kill();
    }
}

/// Returns the path of this program, also after a newer one has replaced its file.
fn this_program() -> anyhow::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok("/proc/self/exe".into());
    }
    std::env::current_exe().context("cannot find this program")
}

/// Runs the leader of a group until the end of its input, and kills the group.
pub(crate) async fn run() -> anyhow::Result<()> {
    let _ignored = signal(SignalKind::terminate())?;
    let _ = stdin().read_to_end(&mut Vec::new());
    // Without effect if this process leads no group.
    let _ = kill_process_group(getpid(), Signal::KILL);
    Ok(())
}
