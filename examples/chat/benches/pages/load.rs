//! The client that loads a server, and the processor time that the server uses.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::runtime::{Builder, Runtime};

/// The number of connections, each with one request at a time.
const CONNECTIONS: usize = 16;

/// A server process, which ends when this value is dropped.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a server that prints the port on which it listens as the last part of a line.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().context("a pipe")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().rsplit(':').next().unwrap_or_default().parse();
        let port: u16 = port.with_context(|| format!("no port in {line:?}"))?;
        Ok(Self {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        })
    }

    /// Returns the processor time of all threads, in seconds.
    fn processor_time(&self) -> anyhow::Result<f64> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.process.id()))?;
        let nanoseconds: f64 = tasks
            .filter_map(|task| task.ok())
            .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
            .filter_map(|line| line.split(' ').next()?.parse::<f64>().ok())
            .sum();
        Ok(nanoseconds / 1e9)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Requests one path over several connections.
pub(crate) struct Load {
    path: &'static str,
    runtime: Runtime,
    client: Client<HttpConnector, Empty<Bytes>>,
}

impl Load {
    pub(crate) fn new(path: &'static str) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self {
            path,
            runtime,
            client,
        })
    }

    /// Returns the body of one response.
    pub(crate) fn body(&self, server: &Server) -> anyhow::Result<String> {
        let body = self.runtime.block_on(self.request(server))?;
        Ok(String::from_utf8(body.to_vec())?)
    }

    /// Returns the number of requests that the server answers in one second of its processor time.
    pub(crate) fn rate(&self, server: &Server, duration: Duration) -> anyhow::Result<f64> {
        let (started, before) = (Instant::now(), server.processor_time()?);
        let connections = (0..CONNECTIONS).map(|_| async {
            let mut requests = 0.0;
            while started.elapsed() < duration {
                self.request(server).await?;
                requests += 1.0;
            }
            anyhow::Ok(requests)
        });
        let requests = futures_util::future::try_join_all(connections);
        let requests: f64 = self.runtime.block_on(requests)?.into_iter().sum();
        Ok(requests / (server.processor_time()? - before))
    }

    async fn request(&self, server: &Server) -> anyhow::Result<Bytes> {
        let request = Request::get(format!("http://{}{}", server.address, self.path))
            .header(header::ACCEPT, "text/html")
            .body(Empty::new())?;
        let response = self.client.request(request).await?;
        ensure!(response.status() == StatusCode::OK, "{}", response.status());
        Ok(response.into_body().collect().await?.to_bytes())
    }
}
