//! Shutdown by SIGTERM and SIGINT, and exit on a second signal.

use std::convert::Infallible;
use std::future::pending;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use mizan_channels::Channels;
use mizan_channels::broker::MemoryBroker;
use mizan_core::upload::UploadField;
use mizan_core::{Cx, Error, Registry, ServerFunction, Upload};
use mizan_http::shutdown::EXIT_DEADLINE_EXCEEDED;
use mizan_http::{Health, MizanService, Shutdown, serve};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

use crate::child::{Process, announce, is_child};
use crate::harness::{Reply, Socket, echo, raw_get, raw_post, service};
use crate::websocket::app::{ByName, app};
use crate::websocket::client::Client;

/// Runs a server as an application would.
#[tokio::test]
#[ignore = "runs in a child process of the other tests"]
async fn child() {
    if !is_child() {
        return;
    }
    let channels = Channels::new(MemoryBroker::new());
    let state = Arc::default();
    let mizan = MizanService::builder(app(channels.clone(), &state))
        .authenticate(ByName(Arc::clone(&state)))
        .build()
        .unwrap();
    let shutdown = Shutdown::new()
        .drain_window(Duration::from_millis(200))
        .service(&mizan);
    run(shutdown, mizan).await;
}

/// Runs a server with another setting of the shutdown, which the environment variable `MIZAN_TEST_CASE` names.
#[tokio::test]
#[ignore = "runs in a child process of the other tests"]
async fn child_with_case() {
    if !is_child() {
        return;
    }
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    let case = std::env::var("MIZAN_TEST_CASE").unwrap();
    let mizan = match case.as_str() {
        "upload" => MizanService::new(Registry::new().function::<Keep>().build().unwrap()),
        _ => service().1,
    };
    let shutdown = Shutdown::new().service(&mizan);
    let short = Duration::from_millis(400);
    let shutdown = match case.as_str() {
        "not_ready" => shutdown.readiness_delay(Duration::from_secs(20)),
        "hanging_work" => shutdown.deadline(short).wait_for("mail", pending()),
        "hanging_call" => shutdown.deadline(short).wait_for("mail", async {
            eprintln!("the work still runs");
        }),
        "blocked_runtime" => shutdown.deadline(short).wait_for("blocked", async {
            loop {
                std::thread::park();
            }
        }),
        _ => shutdown,
    };
    let health = Health::new().shutdown(&shutdown);
    let router = axum::Router::new()
        .nest_service("/api/mizan", mizan)
        .nest_service("/health", health);
    run(shutdown, router).await;
}

/// Returns the length of a file.
#[derive(Deserialize, JsonSchema)]
struct Keep {
    file: Upload,
}

impl ServerFunction for Keep {
    type Output = u32;
    type Error = Error;
    const NAME: &'static str = "keep";

    fn uploads() -> Vec<UploadField> {
        vec![UploadField::new("file")]
    }

    async fn call(self, _: &Cx) -> Result<u32, Error> {
        Ok(self.file.len().try_into()?)
    }
}

async fn run<S, B>(shutdown: Shutdown, service: S)
where
    S: tower_service::Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // The process handles signals before `run` creates the server.
    let code = shutdown
        .run(|stop| {
            announce(listener.local_addr().unwrap());
            serve(listener, service).with_graceful_shutdown(stop)
        })
        .await;
    exit(code.unwrap());
}

/// Exits instead of returning to the test harness.
fn exit(code: ExitCode) -> ! {
    let codes = [0, EXIT_DEADLINE_EXCEEDED];
    let status = codes
        .into_iter()
        .find(|status| ExitCode::from(*status) == code);
    std::process::exit(status.unwrap().into())
}

async fn process() -> Process {
    Process::start("signals::child", ":").await
}

#[tokio::test]
async fn first_signal_finishes_requests_in_progress() {
    for signal in ["TERM", "INT"] {
        let process = process().await;
        // The second half of this request follows after the signal.
        let request = echo("late");
        let (first, second) = request.split_at(request.len() - 5);
        let mut busy = Socket::connect(process.addr).await;
        busy.send(first).await;
        let mut idle = Socket::connect(process.addr).await;
        idle.send(echo("hi")).await;
        assert_eq!(idle.reply().await.status, 200);
        let mut sockets = Vec::new();
        for _ in 0..5 {
            sockets.push(Client::hello(process.addr, "mia").await);
        }
        process.signal(signal).await;
        for socket in &mut sockets {
            assert!(socket.until("drain").await["after"].is_u64());
        }
        busy.send(second).await;
        assert_eq!(busy.reply().await.json(), json!({ "message": "late" }));
        drop(busy);
        for socket in &mut sockets {
            assert_eq!(socket.closed().await.0, 1012);
        }
        assert_eq!(idle.read_to_end().await, b"");
        let (status, log) = process.wait_for_exit().await;
        assert_eq!(status, Some(0), "{signal} {log}");
    }
}

#[tokio::test]
async fn second_signal_exits_at_once() {
    for (first, second, status) in [
        ("TERM", "TERM", 143),
        ("INT", "INT", 130),
        ("TERM", "INT", 130),
    ] {
        let process = process().await;
        // Without the second signal, the call would run until its deadline of 30 seconds.
        let mut busy = Socket::connect(process.addr).await;
        busy.send(raw_post("/api/mizan/call/wait", "", "")).await;
        let mut socket = Client::hello(process.addr, "mia").await;
        process.signal(first).await;
        socket.until("drain").await;
        process.signal(second).await;
        let (ended, log) = process.wait_for_exit().await;
        assert_eq!(ended, Some(status), "{first} {second} {log}");
        assert_eq!(busy.read_to_end().await, b"");
    }
}

async fn process_with_case(case: &str) -> Process {
    Process::start(
        "signals::child_with_case",
        &format!("export MIZAN_TEST_CASE={case}"),
    )
    .await
}

async fn request(process: &Process, request: String) -> Reply {
    let mut socket = Socket::connect(process.addr).await;
    socket.send(request).await;
    socket.reply().await
}

#[tokio::test]
async fn process_is_not_ready_but_still_serves_after_the_signal() {
    let process = process_with_case("not_ready").await;
    let ready = request(&process, raw_get("/health/ready")).await;
    assert_eq!(ready.json(), json!({ "status": "ok" }));
    process.signal("TERM").await;
    let unready = loop {
        let reply = request(&process, raw_get("/health/ready")).await;
        if reply.status != 200 {
            break reply;
        }
    };
    assert_eq!(unready.status, 503);
    assert_eq!(unready.json(), json!({ "status": "shutting_down" }));
    assert_eq!(request(&process, raw_get("/health/live")).await.status, 200);
    assert_eq!(request(&process, echo("hi")).await.status, 200);
    process.signal("TERM").await;
    assert_eq!(process.wait_for_exit().await.0, Some(143));
}

#[tokio::test]
async fn upload_in_progress_finishes() {
    let process = process_with_case("upload").await;
    let body = "--b\r\ncontent-disposition: form-data; name=\"input\"\r\n\r\n{}\r\n\
                --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                content-type: text/plain\r\n\r\nhalf and half\r\n--b--\r\n";
    let post = format!(
        "POST /api/mizan/call/keep HTTP/1.1\r\nhost: localhost\r\n\
         content-type: multipart/form-data; boundary=b\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (first, second) = post.split_at(post.len() - 20);
    let mut upload = Socket::connect(process.addr).await;
    upload.send(first).await;
    // The server handles connections in order, so it has accepted the upload.
    assert_eq!(request(&process, raw_get("/health/live")).await.status, 200);
    process.signal("TERM").await;
    // The listener is closed when the shutdown has begun.
    while tokio::net::TcpStream::connect(process.addr).await.is_ok() {}
    upload.send(second).await;
    assert_eq!(upload.reply().await.body, "13");
    drop(upload);
    assert_eq!(process.wait_for_exit().await.0, Some(0));
}

#[tokio::test]
async fn deadline_ends_hanging_work_calls_and_a_blocked_runtime() {
    let (mail, call, blocked) = tokio::join!(
        hanging("hanging_work"),
        hanging("hanging_call"),
        hanging("blocked_runtime")
    );
    assert!(mail.contains("unfinished=\"mail\""), "{mail}");
    assert!(call.contains("unfinished=\"requests\""), "{call}");
    assert!(call.contains("the work still runs"), "{call}");
    assert!(blocked.contains("the runtime is blocked"), "{blocked}");
}

/// Returns the log of a process that does not finish before its deadline.
async fn hanging(case: &str) -> String {
    let process = process_with_case(case).await;
    let mut call = Socket::connect(process.addr).await;
    if case == "hanging_call" {
        call.send(raw_post("/api/mizan/call/wait", "", "")).await;
        assert_eq!(request(&process, echo("hi")).await.status, 200);
    }
    process.signal("TERM").await;
    let (status, log) = process.wait_for_exit().await;
    assert_eq!(status, Some(75), "{case}: {log}");
    log
}
