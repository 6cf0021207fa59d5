//! Changes of the sources.

use std::path::Path;
use std::thread;

use anyhow::Context as _;
use mizan_codegen::watch::Watcher;
use tokio::sync::watch;

/// Reports that sources have changed. Clones report the same changes independently.
#[derive(Clone)]
pub(super) struct Changes(watch::Receiver<u64>);

/// Reports changes that are not in files.
#[derive(Clone)]
pub(super) struct ChangeSender(watch::Sender<u64>);

impl Changes {
    /// Waits for a change since the last call. Several changes are reported once.
    pub(super) async fn next(&mut self) -> anyhow::Result<()> {
        self.0
            .changed()
            .await
            .context("cannot watch the files any longer")
    }

    /// Forgets the changes up to now.
    pub(super) fn forget(&mut self) {
        self.0.mark_unchanged();
    }
}

impl ChangeSender {
    /// Reports a change.
    pub(super) fn send(&self) {
        self.0.send_modify(|changes| *changes += 1);
    }
}

/// Watches the Rust sources and the migrations of a package.
pub(super) fn rust(folder: &Path, client: &Path) -> anyhow::Result<Changes> {
    Ok(start(Watcher::with_filter(folder, client, |path| {
        mizan_codegen::watch::is_source(path) || has_extension(path, &["sql"])
    })?)
    .1)
}

/// Watches the TypeScript sources and the settings of a front end.
pub(super) fn web(folder: &Path, client: &Path) -> anyhow::Result<(ChangeSender, Changes)> {
    Ok(start(Watcher::with_filter(folder, client, |path| {
        has_extension(path, &["ts", "tsx", "mts", "json"])
    })?))
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .and_then(|it| it.to_str())
        .is_some_and(|it| extensions.contains(&it))
}

fn start(mut watcher: Watcher) -> (ChangeSender, Changes) {
    let (sender, receiver) = watch::channel(0);
    let sender = ChangeSender(sender);
    let changes = sender.clone();
    thread::spawn(move || {
        loop {
            match watcher.wait() {
                Ok(_) => changes.send(),
                Err(error) => {
                    eprintln!("warning: {:#}", anyhow::Error::from(error));
                    return;
                }
            }
        }
    });
    (sender, Changes(receiver))
}
