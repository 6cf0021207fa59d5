//! A temporary PostgreSQL server.

#[expect(dead_code, reason = "tests use the other methods")]
#[path = "../../mizan-auth/tests/it/stores/postgres_server.rs"]
mod postgres_server;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};

use crate::project::command;
use crate::step;
pub(crate) use postgres_server::PostgresServer;

/// The time in which a new server accepts connections.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// The interval at which it is tried.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Starts a server with a new database, and waits until it accepts connections.
pub(crate) fn start() -> anyhow::Result<PostgresServer> {
    let server = postgres_server::start().map_err(|error| anyhow!(error))?;
    let url = server.url();
    let connect = || -> Command { command("psql", [url.as_str(), "--command", "SELECT 1"]) };
    let began = Instant::now();
    while began.elapsed() < START_DEADLINE {
        let output = connect().output().context("cannot run psql")?;
        if output.status.success() {
            return Ok(server);
        }
        thread::sleep(RETRY_INTERVAL);
    }
    step::output(&mut connect())?;
    Ok(server)
}
