//! Log output about the loading of modules after a cold start.

use std::time::{Duration, Instant};

/// The interval at which the progress is logged.
const LOG_INTERVAL: Duration = Duration::from_millis(500);
/// The duration from which the end of loading is logged.
const MIN_LOGGED_DURATION: Duration = Duration::from_secs(1);

/// The progress of loading the modules of a render.
#[derive(Default)]
pub(super) struct LoadProgress(Option<Loading>);

struct Loading {
    modules: usize,
    started: Instant,
    logged: Instant,
    ended: Instant,
}

impl LoadProgress {
    /// Counts the module `id`, whose loading started at `started`.
    pub(super) fn module_loaded(&mut self, started: Instant, id: &str) {
        let now = Instant::now();
        let loading = self.0.get_or_insert(Loading {
            modules: 0,
            started,
            logged: started,
            ended: now,
        });
        loading.modules += 1;
        loading.ended = now;
        if now - loading.logged >= LOG_INTERVAL {
            loading.logged = now;
            let modules = loading.modules;
            tracing::info!(target: "mizan_ssr::modules", modules, file = id, "loading modules");
        }
    }

    /// Logs the total if loading took long.
    pub(super) fn finish(&mut self) {
        if let Some(loading) = self.0.take() {
            let duration = loading.ended - loading.started;
            if duration > MIN_LOGGED_DURATION {
                let modules = loading.modules;
                tracing::info!(target: "mizan_ssr::modules", modules, ?duration, "loaded modules");
            }
        }
    }
}
