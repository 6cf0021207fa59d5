//! Helpers that call the service in process or send bytes over a socket.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header, request};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mizan_http::serve::Serve;
use mizan_http::{MizanService, serve};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower_service::Service;

use crate::app::{Probe, app};

/// The maximum time that a test waits for an event.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// Awaits `future`, and panics after [`TIMEOUT`].
pub(crate) async fn within_timeout<F: Future>(future: F) -> F::Output {
    match tokio::time::timeout(TIMEOUT, future).await {
        Ok(output) => output,
        Err(_) => panic!("timed out after {TIMEOUT:?}"),
    }
}

pub(crate) fn service() -> (Arc<Probe>, MizanService) {
    let probe = Arc::default();
    let service = MizanService::new(app(&probe));
    (probe, service)
}

/// A response, from a call in process or from a socket.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Returns the problem document after checking its structure.
    pub(crate) fn problem(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["type"], "about:blank");
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem
    }

    /// Returns the status and the code of a problem.
    pub(crate) fn failure(&self) -> (u16, String) {
        let problem = self.problem();
        (self.status, problem["code"].as_str().unwrap().to_owned())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().unwrap())
    }
}

/// Creates a request with a JSON body.
pub(crate) fn post(path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    request.body(Full::new(body.into())).unwrap()
}

pub(crate) fn get(path: &str) -> Request<Full<Bytes>> {
    bodiless(Request::get(path))
}

pub(crate) fn bodiless(request: request::Builder) -> Request<Full<Bytes>> {
    request.body(Full::default()).unwrap()
}

pub(crate) fn with<B>(mut request: Request<B>, headers: &[(&'static str, &str)]) -> Request<B> {
    for (name, value) in headers {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_str(value).unwrap();
        request.headers_mut().append(name, value);
    }
    request
}

/// Calls the service in process.
pub(crate) async fn call<S, B, R>(service: &S, request: Request<B>) -> Reply
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    R: Body,
{
    let Ok(response) = service.clone().call(request).await else {
        panic!("the service failed");
    };
    collect(response).await
}

async fn collect<R: Body>(response: Response<R>) -> Reply {
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        panic!("the body is incomplete");
    };
    Reply {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: body.to_bytes(),
    }
}

/// Encodes the value of the query parameter `input`.
pub(crate) fn input(json: &str) -> String {
    let all = percent_encoding::NON_ALPHANUMERIC;
    percent_encoding::utf8_percent_encode(json, all).to_string()
}

/// A server on its own port.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Starts a server with the default settings.
    pub(crate) async fn start(service: MizanService) -> Self {
        Self::start_with(service, |serve| serve).await
    }

    /// Starts a server with the settings that `change` makes.
    pub(crate) async fn start_with<S, B>(
        service: S,
        change: impl FnOnce(Serve<S>) -> Serve<S>,
    ) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        S::Future: Send,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = change(serve(listener, service)).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        Self {
            addr,
            stop: Some(stop),
            task: tokio::spawn(serve.into_future()),
        }
    }

    /// Starts the graceful shutdown.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(crate) async fn connect(&self) -> Socket {
        Socket::connect(self.addr).await
    }

    /// Sends one request on a new connection.
    pub(crate) async fn request(&self, request: impl AsRef<[u8]>) -> Reply {
        let mut socket = self.connect().await;
        socket.send(request).await;
        socket.reply().await
    }

    /// Checks that the server still answers requests.
    pub(crate) async fn assert_works(&self) {
        let reply = self.request(echo("well")).await;
        assert_eq!(reply.json()["message"], "well");
    }

    pub(crate) async fn connect_http2(&self) -> SendRequest<Full<Bytes>> {
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let io = TokioIo::new(stream);
        let (client, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

/// Returns the bytes of a call to `echo`.
pub(crate) fn echo(text: &str) -> String {
    let body = serde_json::json!({ "text": text }).to_string();
    raw_post("/api/mizan/call/echo", "", &body)
}

/// Returns the bytes of a `POST` request. `headers` are lines that end with CRLF.
pub(crate) fn raw_post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{headers}\
         content-length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn raw_get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}

/// A client that sends arbitrary bytes.
pub(crate) struct Socket {
    pub(crate) stream: TcpStream,
    read: BytesMut,
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Self {
        let read = BytesMut::new();
        Self { stream, read }
    }
}

impl Socket {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        TcpStream::connect(addr).await.unwrap().into()
    }

    /// Returns the stream and the bytes that were already read.
    pub(crate) fn into_parts(self) -> (TcpStream, BytesMut) {
        (self.stream, self.read)
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        within_timeout(self.stream.write_all(bytes.as_ref()))
            .await
            .unwrap();
    }

    /// Waits until the server closes the connection, and returns the bytes that it sent.
    pub(crate) async fn read_to_end(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset also closes the connection.
        let _ = within_timeout(self.stream.read_to_end(&mut rest)).await;
        rest
    }

    /// Returns whether the server closes the connection without sending anything.
    pub(crate) async fn closes_without_response(&mut self) -> bool {
        within_timeout(self.stream.read_u8()).await.is_err()
    }

    async fn read_more(&mut self) {
        let read = within_timeout(self.stream.read_buf(&mut self.read))
            .await
            .unwrap();
        assert!(read > 0, "the connection ended after {:?}", self.read);
    }

    async fn read_line(&mut self) -> String {
        loop {
            if let Some(end) = self.read.windows(2).position(|two| two == b"\r\n") {
                let line = self.read.split_to(end);
                self.read.advance(2);
                return String::from_utf8(line.to_vec()).unwrap();
            }
            self.read_more().await;
        }
    }

    async fn read_exact(&mut self, length: usize) -> Bytes {
        while self.read.len() < length {
            self.read_more().await;
        }
        self.read.split_to(length).freeze()
    }

    /// Reads the next response.
    pub(crate) async fn reply(&mut self) -> Reply {
        let mut reply = self.head().await;
        reply.body = if reply.headers.contains_key("transfer-encoding") {
            let mut body = Vec::new();
            while let Some(chunk) = self.chunk().await {
                body.extend(chunk);
            }
            body.into()
        } else {
            let length = reply.header("content-length").unwrap_or("0");
            let length = length.parse().unwrap();
            self.read_exact(length).await
        };
        reply
    }

    /// Reads the head of the next response.
    pub(crate) async fn head(&mut self) -> Reply {
        let status = self.read_line().await;
        let status = status
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| status.strip_prefix("HTTP/1.0 "))
            .unwrap();
        let status = status[..3].parse().unwrap();
        let mut headers = HeaderMap::new();
        loop {
            let line = self.read_line().await;
            let Some((name, value)) = line.split_once(": ") else {
                assert_eq!(line, "");
                break;
            };
            headers.append(
                HeaderName::try_from(name).unwrap(),
                HeaderValue::try_from(value).unwrap(),
            );
        }
        Reply {
            status,
            headers,
            body: Bytes::new(),
        }
    }

    /// Reads the next chunk of a body.
    pub(crate) async fn chunk(&mut self) -> Option<Bytes> {
        let length = usize::from_str_radix(&self.read_line().await, 16).unwrap();
        let chunk = self.read_exact(length).await;
        assert_eq!(self.read_line().await, "");
        (length > 0).then_some(chunk)
    }
}
