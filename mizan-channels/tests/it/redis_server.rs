//! A Redis server for a single test.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A Redis server on a free port, with its own data directory. It is killed when dropped.
pub(crate) struct RedisServer {
    process: Option<Child>,
    program: PathBuf,
    port: u16,
    folder: tempfile::TempDir,
}

impl RedisServer {
    /// Starts a server. Returns `None`, and prints a message, if `redis-server` is not installed.
    pub(crate) async fn start() -> Option<Self> {
        let paths = std::env::var_os("PATH")?;
        let program = std::env::split_paths(&paths)
            .map(|folder| folder.join("redis-server"))
            .find(|program| program.is_file());
        let Some(program) = program else {
            println!("skipped: `redis-server` is not on the PATH");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut server = Self {
            process: None,
            program,
            port,
            folder: tempfile::tempdir().unwrap(),
        };
        server.run(true).await;
        Some(server)
    }

    /// Starts the process, with the data of the previous one if `keep_data` is set.
    pub(crate) async fn run(&mut self, keep_data: bool) {
        if !keep_data {
            let _ = std::fs::remove_dir_all(self.folder.path().join("appendonlydir"));
        }
        let process = Command::new(&self.program)
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args([
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
            ])
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
        for _ in 0..200 {
            if self.ping().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("redis-server did not start");
    }

    async fn ping(&self) -> bool {
        let client = redis::Client::open(self.address()).unwrap();
        let Ok(mut connection) = client.get_multiplexed_async_connection().await else {
            return false;
        };
        redis::cmd("PING").exec_async(&mut connection).await.is_ok()
    }

    /// Kills the process.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Runs a command.
    pub(crate) async fn command(&self, words: &[&str]) {
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(*word);
        }
        let mut connection = self.connect().await;
        command.exec_async(&mut connection).await.unwrap();
    }

    /// Makes the server a replica of `master`, and waits until it has all of its data.
    pub(crate) async fn follow(&self, master: &Self) {
        self.attach_to(master).await;
        for _ in 0..400 {
            if self.is_in_step_with(master).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the replica did not follow");
    }

    /// Makes the server a replica of `master`, and waits until it is connected.
    pub(crate) async fn attach_to(&self, master: &Self) {
        let port = master.port.to_string();
        self.command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"])
            .await;
        master
            .command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"])
            .await;
        self.command(&["REPLICAOF", "127.0.0.1", &port]).await;
        for _ in 0..400 {
            if self.replication().await.contains("master_link_status:up") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the replica did not attach");
    }

    async fn is_in_step_with(&self, master: &Self) -> bool {
        let [own, theirs] = [self.replication().await, master.replication().await];
        let field = |info: &str, name: &str| {
            let mut lines = info.lines();
            lines.find_map(|line| Some(line.strip_prefix(name)?.to_owned()))
        };
        field(&own, "master_link_status:").as_deref() == Some("up")
            && field(&own, "slave_repl_offset:") == field(&theirs, "master_repl_offset:")
    }

    async fn replication(&self) -> String {
        let mut connection = self.connect().await;
        let info = redis::cmd("INFO").arg("replication").to_owned();
        info.query_async(&mut connection).await.unwrap()
    }

    pub(crate) fn address(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) async fn connect(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.address()).unwrap();
        // The machine may be busy with other tests.
        let config = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(10)))
            .set_response_timeout(Some(Duration::from_secs(10)));
        let connected = client.get_multiplexed_async_connection_with_config(&config);
        connected.await.unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
