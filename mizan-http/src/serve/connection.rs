//! One connection over HTTP/1.1 or HTTP/2, with its requests and its timeouts.

use std::error::Error as StdError;
use std::future::{pending, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::sync::watch;
use tower_service::Service;

use super::client_stream::{ClientStream, RequestGuard, RequestState};
use super::host_header;
use super::http2_streams::{ActiveStreams, StreamExecutor, TrackedBody};
use crate::client_address::PeerAddr;
use crate::response::problem_details;

/// The maximum number of headers of a request.
const MAX_HEADERS: usize = 100;
/// The maximum size of the head of a request.
const MAX_HEAD_BYTES: u32 = 64 * 1024;
/// The maximum number of concurrent requests on an HTTP/2 connection.
const MAX_CONCURRENT_STREAMS: u32 = 250;
/// The interval between HTTP/2 pings, and the timeout of each ping.
const HTTP2_KEEP_ALIVE: Duration = Duration::from_secs(20);

/// The time limits of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    pub(super) header: Duration,
    pub(super) write: Duration,
}

/// Serves a connection until the client closes it, a timeout ends it, or its requests have finished after
/// `stop` became true.
pub(super) async fn serve_connection<S, B>(
    stream: ClientStream,
    peer: SocketAddr,
    service: S,
    timeouts: Timeouts,
    mut stop: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let state = Arc::new(ConnectionState {
        version: OnceLock::new(),
        streams: Arc::new(ActiveStreams::new()),
        request: stream.request_state(),
    });
    let answer = service_fn({
        let state = Arc::clone(&state);
        move |mut request: Request<Incoming>| {
            let guard = state.begin(&request);
            request.extensions_mut().insert(PeerAddr(peer));
            let answer = answer(service.clone(), request);
            async move {
                let _guard = guard;
                answer.await
            }
        }
    });
    let executor = StreamExecutor {
        streams: Arc::clone(&state.streams),
        write_timeout: timeouts.write,
    };
    let builder = http_builder(timeouts.header, executor);
    let mut served = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), answer));
    let result = tokio::select! {
        result = &mut served => Some(result),
        () = state.wait_idle(timeouts.header) => None,
        _ = stop.wait_for(|stop| *stop) => None,
    };
    let result = match result {
        Some(result) => result,
        None if state.version.get().is_none() && !*stop.borrow() => {
            return tracing::debug!(%peer, "closing a connection without a request: header timeout");
        }
        None => {
            state.request.shut_down();
            served.as_mut().graceful_shutdown();
            loop {
                if state.is_http1() {
                    break served.await;
                }
                // A client may ignore the GOAWAY frame and keep an idle connection open.
                match tokio::time::timeout(timeouts.write, &mut served).await {
                    Ok(result) => break result,
                    Err(_) if state.streams.is_any_active() || state.is_http1() => {}
                    Err(_) => return tracing::debug!(%peer, "closing an idle connection"),
                }
            }
        }
    };
    if let Err(error) = result {
        tracing::debug!(%peer, %error, "connection error");
    }
}

/// The state of a connection, which its requests update.
struct ConnectionState {
    /// The version of HTTP, which the first request determines.
    version: OnceLock<Version>,
    streams: Arc<ActiveStreams>,
    request: Arc<RequestState>,
}

impl ConnectionState {
    fn begin(&self, request: &Request<Incoming>) -> Option<RequestGuard> {
        self.version.get_or_init(|| request.version());
        let has_body = !request.body().is_end_stream();
        (request.version() < Version::HTTP_2).then(|| Arc::clone(&self.request).begin(has_body))
    }

    fn is_http1(&self) -> bool {
        self.version
            .get()
            .is_some_and(|version| *version < Version::HTTP_2)
    }

    /// Waits until the client has sent no request for the header timeout. Over HTTP/1.1, it never
    /// completes.
    ///
    /// hyper limits the time for the head of a request only over HTTP/1.1, and only after it knows the
    /// version.
    async fn wait_idle(&self, header_timeout: Duration) {
        tokio::time::sleep(header_timeout).await;
        if self.is_http1() {
            pending::<()>().await;
        }
        self.streams.wait_idle_for(header_timeout).await;
    }
}

fn http_builder(
    header_timeout: Duration,
    executor: StreamExecutor,
) -> auto::Builder<StreamExecutor> {
    let mut builder = auto::Builder::new(executor);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_CONCURRENT_STREAMS)
        .max_header_list_size(MAX_HEAD_BYTES)
        .keep_alive_interval(HTTP2_KEEP_ALIVE)
        .keep_alive_timeout(HTTP2_KEEP_ALIVE);
    builder
}

/// Passes a request to the service, unless its head is invalid.
async fn answer<S, B>(
    mut service: S,
    request: Request<Incoming>,
) -> Result<Response<TrackedBody<B>>, S::Error>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
{
    if let Some(rejection) = reject_invalid_head(&request).await {
        return Ok(rejection.map(TrackedBody::of_server));
    }
    poll_fn(|cx| service.poll_ready(cx)).await?;
    let response = service.call(request).await?;
    Ok(response.map(TrackedBody::of_service))
}

/// Returns the rejection of a request with too many headers or without exactly one valid host.
async fn reject_invalid_head(request: &Request<Incoming>) -> Option<Response<Bytes>> {
    // Over HTTP/1.1, hyper counts the headers.
    if request.version() == Version::HTTP_2 && header_count(request) > MAX_HEADERS {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Some(response);
    }
    let error = host_header::check(request).err()?;
    let (mut head, body) = problem_details::response(&error, false).into_parts();
    if request.version() < Version::HTTP_2 {
        // A proxy in front may have parsed the request differently, so the connection is not reused.
        let close = HeaderValue::from_static("close");
        head.headers.insert(header::CONNECTION, close);
    }
    let body = body.collect().await.map(|body| body.to_bytes());
    Some(Response::from_parts(head, body.unwrap_or_default()))
}

/// Counts the headers of an HTTP/2 request. All cookies count as one header, because browsers send each
/// cookie in a separate header (RFC 9113, section 8.2.3).
fn header_count<B>(request: &Request<B>) -> usize {
    let headers = request.headers();
    let cookies = headers.get_all(header::COOKIE).iter().count();
    headers.len() - cookies.saturating_sub(1)
}
