//! The generated client, from the manifest that the program prints.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use mizan_codegen::{Manifest, generate, output};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::output::{LastLines, relay};
use super::problem::Problem;
use crate::process::Group;
use crate::project::Project;

/// The maximum size of a manifest.
const MAX_MANIFEST_BYTES: u64 = 64 * 1024 * 1024;
/// The number of characters of other output that a message quotes.
const MAX_QUOTED_CHARS: usize = 200;

/// Writes the client when the manifest changes.
pub(super) struct Client {
    /// The time in which the program has to print its manifest.
    deadline: Duration,
    /// The manifest of the client in the folder.
    manifest: Option<String>,
}

impl Client {
    pub(super) fn new(deadline: Duration) -> Self {
        Self {
            deadline,
            manifest: None,
        }
    }

    /// Runs the program, and writes the client if the manifest changed. Returns whether files were written.
    pub(super) async fn update(
        &mut self,
        project: &Project,
        program: &Path,
    ) -> Result<bool, Problem> {
        let shown = format!("{} manifest", project.shown(program));
        let text = self.manifest(project, program, &shown).await?;
        if self.manifest.as_ref() == Some(&text) {
            return Ok(false);
        }
        let problem = |error: anyhow::Error| Problem::new(&format!("`{shown}`: {error:#}"));
        let manifest = Manifest::parse(&text).map_err(|error| {
            let quoted: String = text.trim().chars().take(MAX_QUOTED_CHARS).collect();
            Problem::new(&format!(
                "`{shown}` printed text that is no manifest ({:#}). It must print only `registry.manifest()?`. It \
                 printed:\n{quoted}",
                anyhow::Error::from(error)
            ))
        })?;
        let files = generate(&manifest).map_err(|error| problem(error.into()))?;
        let written =
            output::write(&files, &project.client).map_err(|error| problem(error.into()))?;
        self.manifest = Some(text);
        let is_changed = !written.written.is_empty() || !written.removed.is_empty();
        if is_changed {
            eprintln!("wrote the client in {}", project.shown(&project.client));
        }
        Ok(is_changed)
    }

    async fn manifest(
        &self,
        project: &Project,
        program: &Path,
        shown: &str,
    ) -> Result<String, Problem> {
        let read = async {
            let mut command = Command::new(program);
            command
                .arg("manifest")
                .current_dir(&project.folder)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            let mut group = Group::spawn(command)?;
            let last = LastLines::default();
            let stderr = group.child().stderr.take();
            let relayed = stderr.map(|stderr| tokio::spawn(relay(stderr, last.clone())));
            let stdout = group
                .child()
                .stdout
                .take()
                .context("the program has no output")?;
            let mut text = Vec::new();
            stdout
                .take(MAX_MANIFEST_BYTES + 1)
                .read_to_end(&mut text)
                .await?;
            if text.len() as u64 > MAX_MANIFEST_BYTES {
                return Ok(Err(Problem::new(&format!(
                    "`{shown}` printed more than {MAX_MANIFEST_BYTES} bytes: it must print only the manifest"
                ))));
            }
            let status = group.child().wait().await?;
            if let Some(relayed) = relayed {
                let _ = relayed.await;
            }
            anyhow::Ok(if status.success() {
                Ok(String::from_utf8_lossy(&text).into_owned())
            } else {
                let last = last.text();
                Err(Problem::new(&format!(
                    "`{shown}` failed ({status}): it must print the manifest\n{last}"
                )))
            })
        };
        match timeout(self.deadline, read).await {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => Err(Problem::new(&format!("cannot run `{shown}`: {error:#}"))),
            Err(_) => Err(Problem::new(&format!(
                "`{shown}` did not end within {} s and was stopped: the program must print the manifest before it \
                 starts its server, and then end. `--manifest-timeout` sets another time",
                self.deadline.as_secs_f32()
            ))),
        }
    }
}
