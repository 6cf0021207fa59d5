//! Viewers of live queries at two processes, with lost connections and a Redis that is killed: after quiet, none shows
//! an old value.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mizan_channels::broker::RedisBroker;
use mizan_channels::suite::within_timeout;
use mizan_core::Invalidation;
use serde_json::{Value, json};

use crate::connections::{Client, Server};
use crate::live::{Title, follow, server};
use crate::redis_server::RedisServer;

const STEPS: usize = 120;
const VIEWERS: usize = 6;

/// A generator of numbers (Knuth, MMIX), so that a failure can be repeated with its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A client that follows the rules of the protocol for live queries.
struct Viewer {
    process: usize,
    connection: Client,
    shown: u64,
    /// The position of the shown value.
    position: Option<Value>,
    is_waiting_for_first: bool,
}

/// The processes, and the value in their database.
struct Site {
    processes: [Server; 2],
    value: AtomicU64,
}

impl Site {
    async fn view(&self, process: usize, position: Option<Value>) -> Viewer {
        let mut connection = self.processes[process].connect("ada").await;
        follow(
            &mut connection,
            1,
            "title",
            &json!({ "id": 7 }),
            position.as_ref(),
        );
        Viewer {
            process,
            connection,
            shown: 0,
            is_waiting_for_first: position.is_none(),
            position,
        }
    }

    /// Fetches the value: the position is older than the value.
    fn fetch(&self, viewer: &mut Viewer) {
        let position = self.processes[viewer.process].channels.live_position();
        viewer.position = position.map(|it| json!({ "epoch": it.epoch, "offset": it.offset }));
        viewer.shown = self.value.load(Ordering::SeqCst);
    }

    async fn receive(&self, viewer: &mut Viewer) {
        for frame in viewer
            .connection
            .frames_within(Duration::from_millis(1))
            .await
        {
            match frame["t"].as_str() {
                Some("subok") if std::mem::take(&mut viewer.is_waiting_for_first) => {
                    self.fetch(viewer);
                }
                Some("gap" | "pub") => self.fetch(viewer),
                _ => {}
            }
        }
    }

    async fn change(&self, process: usize) {
        self.value.fetch_add(1, Ordering::SeqCst);
        let invalidation = Invalidation::function::<Title>().with("id", 7);
        // Without the broker, the invalidation is published later.
        let _ = self.processes[process].app.invalidate(invalidation).await;
    }
}

async fn run(seed: u64) {
    let Some(mut redis) = RedisServer::start().await else {
        return;
    };
    let mut random = Random(seed);
    let process = || server(RedisBroker::new(redis.address()).unwrap(), |_| {});
    let site = Site {
        processes: [process(), process()],
        value: AtomicU64::new(1),
    };
    let mut viewers = Vec::new();
    for index in 0..VIEWERS {
        viewers.push(site.view(index % 2, None).await);
    }
    for step in 0..STEPS {
        let index = usize::try_from(random.below(VIEWERS as u64)).unwrap();
        let process = usize::try_from(random.below(2)).unwrap();
        if step == STEPS / 2 {
            redis.kill();
            site.change(process).await;
            redis.run(random.below(2) == 0).await;
        }
        match random.below(8) {
            0..=2 => site.change(process).await,
            3 | 4 => {
                let Viewer {
                    shown, position, ..
                } = &viewers[index];
                let (shown, position) = (*shown, position.clone());
                viewers[index] = site.view(process, position).await;
                viewers[index].shown = shown;
            }
            _ => site.receive(&mut viewers[index]).await,
        }
    }
    let last = site.value.load(Ordering::SeqCst);
    let quiet = async {
        for viewer in &mut viewers {
            while viewer.shown != last {
                site.receive(viewer).await;
            }
        }
    };
    within_timeout(quiet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_viewer_shows_an_old_value_after_quiet() {
    for seed in 1..=4 {
        run(seed).await;
    }
}
