//! A real Redis, for a test alone.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server on a free port, with its data in a folder of its own; killed when dropped.
pub(crate) struct RedisServer {
    process: Option<Child>,
    program: PathBuf,
    port: u16,
    folder: tempfile::TempDir,
}

impl RedisServer {
    /// Nothing, with a line that says so, where there is no `redis-server`.
    pub(crate) async fn start() -> Option<Self> {
        let paths = std::env::var_os("PATH")?;
        let program = std::env::split_paths(&paths)
            .map(|folder| folder.join("redis-server"))
            .find(|program| program.is_file());
        let Some(program) = program else {
            println!("skipped: there is no `redis-server` on the PATH");
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

    /// Starts again, with what was saved when `keep` is said.
    pub(crate) async fn run(&mut self, keep: bool) {
        if !keep {
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

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) async fn connect(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.address()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
