//! Server processes, which run this test program in another role.

use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use mizan_channels::broker::RedisBroker;
use mizan_channels::{Channels, ChannelsExt as _};
use mizan_core::{Channel, Cx, Decision, Error, Registry, channel, client};
use mizan_http::{Health, MizanService, Shutdown, serve};
use mizan_store::RedisSharedStore;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::rolling_deploy::{self, READINESS_DELAY};

#[derive(Deserialize, schemars::JsonSchema)]
pub(crate) struct Room {
    pub(crate) room: String,
}

/// A channel of ascending numbers.
pub(crate) struct Log;

#[channel]
impl Channel for Log {
    type Params = Room;
    type ServerMessage = u64;
    const NAME: &'static str = "log";
    const HISTORY_LEN: usize = 5_000;

    async fn authorize(_: &Cx, _: &Room) -> Decision {
        Decision::Allow
    }

    fn group(params: &Room) -> String {
        params.room.clone()
    }
}

const ADDR: &str = "MIZAN_CHAOS_ADDR";
const REDIS: &str = "MIZAN_CHAOS_REDIS";

pub(crate) async fn serve_forever() {
    let Ok(addr) = std::env::var(ADDR) else {
        return println!("skipped: the other tests run this as a child process");
    };
    let redis = std::env::var(REDIS).unwrap();
    let store = RedisSharedStore::new(&redis).unwrap();
    let channels = Channels::new(RedisBroker::new(redis).unwrap());
    let app = Registry::new()
        .shared_store(Arc::new(store))
        .channel::<Log>()
        .function::<Say>()
        .state(channels)
        .build()
        .unwrap();
    let mizan = MizanService::new(app);
    let shutdown = Shutdown::new()
        .readiness_delay(READINESS_DELAY)
        .drain_window(Duration::from_millis(500))
        .service(&mizan);
    let health = Health::new().shutdown(&shutdown);
    let router = axum::Router::new()
        .nest_service("/api/mizan", mizan)
        .nest_service("/health", health);
    let listener = TcpListener::bind(addr).await.unwrap();
    let code = shutdown
        .run(|stop| serve(listener, router).with_graceful_shutdown(stop))
        .await;
    assert_eq!(code.unwrap(), ExitCode::SUCCESS);
}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Said {
    epoch: String,
    offset: u64,
}

/// Publishes a number, and returns its position.
#[client]
async fn say(cx: &Cx, number: u64) -> Result<Said, Error> {
    let params = Room {
        room: "chaos".to_owned(),
    };
    let at = cx.channels().publish::<Log>(&params, number).await?;
    Ok(Said {
        epoch: at.epoch,
        offset: at.offset,
    })
}

/// Two server processes that share one Redis.
pub(crate) struct Servers {
    redis: String,
    processes: Vec<(SocketAddr, Child)>,
}

impl Servers {
    pub(crate) async fn start(redis: &str) -> Self {
        let mut processes = Vec::new();
        for _ in 0..2 {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let addr = free.local_addr().unwrap();
            drop(free);
            processes.push((addr, spawn_server(addr, redis)));
        }
        for (addr, _) in &processes {
            wait_until_listening(*addr).await;
        }
        Self {
            redis: redis.to_owned(),
            processes,
        }
    }

    pub(crate) fn addrs(&self) -> Vec<SocketAddr> {
        self.processes.iter().map(|(addr, _)| *addr).collect()
    }

    /// Kills a server with SIGKILL, and restarts it after a pause.
    pub(crate) async fn kill_and_restart(&mut self, index: usize) {
        let (addr, process) = &mut self.processes[index];
        process.kill().unwrap();
        process.wait().unwrap();
        sleep(Duration::from_millis(300)).await;
        *process = spawn_server(*addr, &self.redis);
        wait_until_listening(*addr).await;
    }

    /// Sends SIGTERM to a server, and waits until it exits.
    pub(crate) async fn terminate(&mut self, index: usize) -> ExitStatus {
        let (_, process) = &mut self.processes[index];
        rolling_deploy::signal(process, "TERM");
        loop {
            if let Some(status) = process.try_wait().unwrap() {
                return status;
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Starts a server that has exited.
    pub(crate) async fn start_again(&mut self, index: usize) {
        let (addr, process) = &mut self.processes[index];
        *process = spawn_server(*addr, &self.redis);
        wait_until_listening(*addr).await;
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for (_, process) in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn spawn_server(addr: SocketAddr, redis: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["server", "--exact", "--ignored"])
        .env(ADDR, addr.to_string())
        .env(REDIS, redis)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

async fn wait_until_listening(addr: SocketAddr) {
    for _ in 0..400 {
        if TcpStream::connect(addr).await.is_ok() {
            return;
        }
        sleep(Duration::from_millis(25)).await;
    }
    panic!("no server is listening at {addr}");
}
