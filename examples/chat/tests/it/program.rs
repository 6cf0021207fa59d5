//! The program as a process, with its log.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};

/// A limit for a test that hangs.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) async fn within_timeout<F: Future>(future: F) -> F::Output {
    let output = tokio::time::timeout(TIMEOUT, future).await;
    output.expect("the test does not hang")
}

/// The running program.
pub(crate) struct Program {
    pub(crate) addr: SocketAddr,
    child: Child,
    log: Option<BufReader<ChildStderr>>,
    _folder: TempDir,
}

/// Returns the command that starts the program in `folder`, with the components of `web`.
pub(crate) fn command(folder: &Path, web: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat"));
    command
        .args(["--dev", "http://127.0.0.1:9", "--port", "0", "--web"])
        .arg(web)
        .arg("--database")
        .arg(folder.join("chat.db"))
        .env("NO_COLOR", "1")
        .env("RUST_LOG", "info")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Lets a script of the shell start the program, which is `"$0" "$@"`.
pub(crate) fn run_in_shell(command: &mut Command, script: &str) {
    let program = std::mem::replace(command, Command::new("sh"));
    command
        .args(["-c", script])
        .arg(program.as_std().get_program())
        .args(program.as_std().get_args())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
}

pub(crate) fn web() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/web"))
}

impl Program {
    /// Starts the program with more settings.
    pub(crate) async fn start(web: &Path, configure: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(folder.path(), web);
        configure(&mut command);
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        within_timeout(stdout.read_line(&mut line)).await.unwrap();
        let port = line.trim().strip_prefix("http://localhost:");
        let Some(port) = port else {
            let mut log = String::new();
            if let Some(mut stderr) = child.stderr.take() {
                stderr.read_to_string(&mut log).await.unwrap();
            }
            panic!("the program did not start: {line} {log}");
        };
        let port: u16 = port.parse().unwrap();
        // The pipe must be read, because a closed pipe would end the program when it prints a mail.
        tokio::spawn(async move {
            let mut rest = Vec::new();
            stdout.read_to_end(&mut rest).await
        });
        Self {
            addr: ([127, 0, 0, 1], port).into(),
            log: child.stderr.take().map(BufReader::new),
            child,
            _folder: folder,
        }
    }

    /// Sends a request, and returns the status and the body of the response.
    pub(crate) async fn request(
        &self,
        request: http::request::Builder,
        body: impl AsRef<[u8]>,
    ) -> (u16, Bytes) {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let body = Full::new(Bytes::copy_from_slice(body.as_ref()));
        let response = within_timeout(client.request(request.body(body).unwrap()));
        let response = response.await.unwrap();
        let status = response.status().as_u16();
        let body = within_timeout(response.into_body().collect())
            .await
            .unwrap();
        (status, body.to_bytes())
    }

    pub(crate) fn get(&self, path: &str) -> http::request::Builder {
        Request::get(format!("http://{}{path}", self.addr))
    }

    pub(crate) fn post(&self, path: &str) -> http::request::Builder {
        let json = "application/json";
        Request::post(format!("http://{}{path}", self.addr)).header("content-type", json)
    }

    /// Waits for a line of the log that contains `text`, and returns it.
    pub(crate) async fn log_line(&mut self, text: &str) -> String {
        let log = self.log.as_mut().unwrap();
        loop {
            let mut line = String::new();
            let length = within_timeout(log.read_line(&mut line)).await.unwrap();
            assert!(length > 0, "the log ends without `{text}`");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Limits the size of the files that the program may write: no file grows beyond `bytes`.
    pub(crate) async fn limit_file_size(&self, bytes: &str) {
        let id = self.child.id().unwrap().to_string();
        let limit = format!("--fsize={bytes}:unlimited");
        let prlimit = Command::new("prlimit")
            .args(["--pid", &id, &limit])
            .status();
        assert!(prlimit.await.unwrap().success());
    }

    pub(crate) async fn terminate(&self) {
        let id = self.child.id().unwrap().to_string();
        let kill = Command::new("kill").args(["-s", "TERM", &id]).status();
        assert!(kill.await.unwrap().success());
    }

    /// Waits until the program exits, and returns its status and the rest of its log.
    pub(crate) async fn wait(mut self) -> (ExitStatus, String) {
        let mut log = String::new();
        if let Some(mut stderr) = self.log.take() {
            within_timeout(stderr.read_to_string(&mut log))
                .await
                .unwrap();
        }
        (within_timeout(self.child.wait()).await.unwrap(), log)
    }
}
