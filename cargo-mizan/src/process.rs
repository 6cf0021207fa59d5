//! Child processes in groups of their own, so that the processes that they start end with them.

use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

#[cfg(unix)]
use crate::guard::Guard;

/// The number of lines of output that an error message quotes.
const MAX_QUOTED_LINES: usize = 20;

/// A process in a group of its own. The group is killed on drop, and when this process is killed.
pub(crate) struct Group {
    child: Child,
    #[cfg(unix)]
    guard: Guard,
}

impl Group {
    /// Starts a command.
    pub(crate) fn spawn(mut command: Command) -> anyhow::Result<Self> {
        #[cfg(unix)]
        let guard = Guard::start()?;
        #[cfg(unix)]
        guard.add(&mut command);
        let child = command.kill_on_drop(true).spawn();
        let child = child.with_context(|| {
            let program = command.as_std().get_program().to_string_lossy();
            format!("cannot run {program}")
        })?;
        Ok(Self {
            child,
            #[cfg(unix)]
            guard,
        })
    }

    /// Returns the process.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Asks the processes of the group to end.
    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        self.guard.terminate();
    }
}

/// The outcome of a process.
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) last_lines: String,
}

/// Runs a command, and passes each line of its output to `on_line`. The group is killed if the future is dropped.
pub(crate) async fn run(
    mut command: Command,
    mut on_line: impl FnMut(&str),
) -> anyhow::Result<Output> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = Group::spawn(command)?;
    let (sender, mut lines) = mpsc::channel(64);
    if let Some(stdout) = group.child().stdout.take() {
        tokio::spawn(read_lines(stdout, sender.clone()));
    }
    if let Some(stderr) = group.child().stderr.take() {
        tokio::spawn(read_lines(stderr, sender.clone()));
    }
    drop(sender);
    let mut last = VecDeque::new();
    while let Some(line) = lines.recv().await {
        on_line(&line);
        if last.len() == MAX_QUOTED_LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
    let status = group
        .child()
        .wait()
        .await
        .context("cannot wait for a process")?;
    Ok(Output {
        status,
        last_lines: Vec::from(last).join("\n"),
    })
}

async fn read_lines(from: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) {
    let mut from = BufReader::new(from).split(b'\n');
    while let Ok(Some(line)) = from.next_segment().await {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if lines.send(line).await.is_err() {
            return;
        }
    }
}

/// Waits for Ctrl-C or another signal that ends the program.
pub(crate) async fn interrupted() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
            _ = hang_up.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
