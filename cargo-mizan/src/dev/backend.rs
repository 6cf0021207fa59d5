//! The server: built, started with the client of its manifest, and restarted after changes.

use std::convert::Infallible;
use std::ffi::OsString;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use super::backoff::Backoff;
use super::build::build;
use super::client::Client;
use super::holding_page;
use super::problem::{Part, Problem, Problems};
use super::server::Server;
use super::watch::{ChangeSender, Changes};
use crate::project::Project;

/// The time after which a server that was started again counts as running.
const SETTLING_TIME: Duration = Duration::from_secs(1);

/// The parts of the server. The listening socket stays open as long as this value lives, so that requests wait while the
/// server restarts.
pub(super) struct Backend {
    pub(super) project: Project,
    pub(super) listener: TcpListener,
    pub(super) variables: Vec<(&'static str, String)>,
    pub(super) arguments: Vec<OsString>,
    pub(super) problems: Problems,
    pub(super) client: Client,
    /// Reports that the client was written.
    pub(super) web_changed: Option<ChangeSender>,
    pub(super) server: Option<Server>,
    pub(super) backoff: Backoff,
}

/// An event that requires an action.
enum Event {
    Changed,
    Exited(ExitStatus),
    Settled,
}

impl Backend {
    /// Builds and runs until the future is dropped.
    pub(super) async fn run(&mut self, mut changes: Changes) -> anyhow::Result<Infallible> {
        loop {
            changes.forget();
            // A change during the build cancels it.
            let program = tokio::select! {
                program = self.build() => program?,
                changed = changes.next() => {
                    changed?;
                    continue;
                }
            };
            if let Some(program) = program {
                self.backoff.reset();
                self.restart(&program).await?;
                self.problems.reload();
                self.supervise(&program, &mut changes).await?;
            } else {
                self.wait_with_problem(&mut changes).await?;
            }
        }
    }

    /// Builds the program and writes the client. Returns `None` after a problem; the last server keeps running.
    async fn build(&mut self) -> anyhow::Result<Option<PathBuf>> {
        // Without a server, requests would wait for the whole build without a reason that is visible.
        let built = match self.server {
            Some(_) => build(&self.project).await?,
            None => {
                let shown = self.problems.subscribe();
                let is_broken = self.problems.has(Part::Build) || self.problems.has(Part::Server);
                tokio::select! {
                    built = build(&self.project) => built?,
                    held = holding_page::serve(&self.listener, shown), if is_broken => match held? {},
                }
            }
        };
        let program = match built {
            Ok(program) => program,
            Err(problem) => {
                self.problems.show(Part::Build, &problem);
                return Ok(None);
            }
        };
        // The page reloads when the last problem is resolved, so the next one is reported first.
        match self.client.update(&self.project, &program).await {
            Ok(is_written) => {
                self.problems.resolve(Part::Build);
                self.problems.resolve(Part::Client);
                if let (true, Some(changed)) = (is_written, &self.web_changed) {
                    changed.send();
                }
                Ok(Some(program))
            }
            Err(problem) => {
                self.problems.report(Part::Client, &problem);
                self.problems.resolve(Part::Build);
                Ok(None)
            }
        }
    }

    /// Replaces the server. Requests wait in the queue of the socket in the meantime.
    async fn restart(&mut self, program: &std::path::Path) -> anyhow::Result<()> {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
        let (listener, variables) = (&self.listener, &self.variables);
        let server = Server::start(&self.project, program, listener, variables, &self.arguments)?;
        self.server = Some(server);
        Ok(())
    }

    /// Starts the server again when it ends, until the sources change.
    async fn supervise(
        &mut self,
        program: &std::path::Path,
        changes: &mut Changes,
    ) -> anyhow::Result<()> {
        loop {
            match self.next_event(changes).await? {
                Event::Changed => return Ok(()),
                Event::Settled => self.problems.resolve(Part::Server),
                Event::Exited(status) => {
                    let delay = self.report_exit(status);
                    let shown = self.problems.subscribe();
                    tokio::select! {
                        () = tokio::time::sleep(delay) => {}
                        changed = changes.next() => return changed,
                        held = holding_page::serve(&self.listener, shown) => match held? {},
                    }
                    self.restart(program).await?;
                }
            }
        }
    }

    async fn next_event(&mut self, changes: &mut Changes) -> anyhow::Result<Event> {
        let is_settling = self.problems.has(Part::Server);
        let Some(server) = &mut self.server else {
            changes.next().await?;
            return Ok(Event::Changed);
        };
        tokio::select! {
            changed = changes.next() => changed.map(|()| Event::Changed),
            status = server.exited() => status.map(Event::Exited),
            () = tokio::time::sleep(SETTLING_TIME), if is_settling => Ok(Event::Settled),
        }
    }

    /// Reports that the server ended by itself. Returns the delay after which it starts again.
    fn report_exit(&mut self, status: ExitStatus) -> Duration {
        let Some(server) = self.server.take() else {
            return Duration::ZERO;
        };
        let lifetime = server.started.elapsed();
        let delay = self.backoff.after(lifetime);
        let summary = format!(
            "the server ended after {:.1} s ({status}); it starts again in {} s, or after a change",
            lifetime.as_secs_f32(),
            delay.as_secs_f32()
        );
        // The terminal shows the output already.
        eprintln!("{} {summary}", console::style("error:").red().bold());
        let output = server.last_lines.text();
        self.problems.show(
            Part::Server,
            &Problem::new(&format!("{summary}\n\n{output}")),
        );
        delay
    }

    /// Waits for a change after a failed build. The last server keeps answering; without one, browsers see the problem.
    async fn wait_with_problem(&mut self, changes: &mut Changes) -> anyhow::Result<()> {
        loop {
            let Some(server) = &mut self.server else {
                let shown = self.problems.subscribe();
                return tokio::select! {
                    changed = changes.next() => changed,
                    held = holding_page::serve(&self.listener, shown) => match held? {},
                };
            };
            tokio::select! {
                changed = changes.next() => return changed,
                status = server.exited() => {
                    self.report_exit(status?);
                }
            }
        }
    }

    /// Stops the server.
    pub(super) async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }
}
