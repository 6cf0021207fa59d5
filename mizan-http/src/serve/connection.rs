//! One connection, over HTTP/1.1 or HTTP/2: its requests, its time limits, its end.

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

use super::client_stream::ClientStream;
use super::streams::{SentBody, StreamExecutor, Streams};
use crate::client_addr::PeerAddr;
use crate::{host, problem};

/// The maximum number of headers of a request.
const HEADERS: usize = 100;
/// The maximum size of the head of a request.
const HEAD_BYTES: usize = 64 * 1024;
/// The maximum number of concurrent requests on an HTTP/2 connection.
const STREAMS: u32 = 250;

/// The time limits of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    pub(super) header: Duration,
    pub(super) write: Duration,
}

/// Serves a connection until it ends, is idle for too long, or has finished what it has begun after
/// `stop`.
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
    let streams = Arc::new(Streams::new());
    let version = Arc::new(OnceLock::new());
    let last_request = stream.request();
    let answer = service_fn({
        let (version, last_request) = (Arc::clone(&version), Arc::clone(&last_request));
        move |mut request: Request<Incoming>| {
            version.get_or_init(|| request.version());
            let is_http1 = request.version() < Version::HTTP_2;
            let has_body = !request.body().is_end_stream();
            let answering = is_http1.then(|| Arc::clone(&last_request).begin(has_body));
            request.extensions_mut().insert(PeerAddr(peer));
            let answer = answer(service.clone(), request);
            async move {
                let _answering = answering;
                answer.await
            }
        }
    });
    let builder = builder(
        timeouts.header,
        StreamExecutor {
            streams: Arc::clone(&streams),
            write_timeout: timeouts.write,
        },
    );
    let mut served = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), answer));
    let is_http1 = || {
        version
            .get()
            .is_some_and(|version| *version < Version::HTTP_2)
    };
    let idle = async {
        // hyper has a time limit for heads of HTTP/1.1 alone, and that begins once it knows the
        // version of HTTP.
        tokio::time::sleep(timeouts.header).await;
        if is_http1() {
            pending::<()>().await;
        }
        streams.idle(timeouts.header).await;
    };
    let outcome = tokio::select! {
        outcome = &mut served => Some(outcome),
        () = idle => None,
        _ = stop.wait_for(|stop| *stop) => None,
    };
    let outcome = match outcome {
        Some(outcome) => outcome,
        None if version.get().is_none() && !*stop.borrow() => {
            return tracing::debug!(%peer, "no request came in time");
        }
        None => {
            last_request.stop();
            served.as_mut().graceful_shutdown();
            loop {
                if is_http1() {
                    break served.await;
                }
                // A client that does not end an idle connection when it is told to is cut off.
                match tokio::time::timeout(timeouts.write, &mut served).await {
                    Ok(outcome) => break outcome,
                    Err(_) if streams.are_under_way() || is_http1() => {}
                    Err(_) => return tracing::debug!(%peer, "closing an idle connection"),
                }
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, %error, "the connection ended early");
    }
}

fn builder(header_timeout: Duration, executor: StreamExecutor) -> auto::Builder<StreamExecutor> {
    let mut builder = auto::Builder::new(executor);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES as u32)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Has the service answer a request whose head is in order.
async fn answer<S, B>(
    mut service: S,
    request: Request<Incoming>,
) -> Result<Response<SentBody<B>>, S::Error>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
{
    if let Some(refusal) = refuse(&request).await {
        return Ok(refusal.map(SentBody::of_server));
    }
    poll_fn(|cx| service.poll_ready(cx)).await?;
    let response = service.call(request).await?;
    Ok(response.map(SentBody::of_service))
}

/// The response to a request that no service gets to see.
async fn refuse(request: &Request<Incoming>) -> Option<Response<Bytes>> {
    // hyper counts the headers of HTTP/1.1 itself.
    if request.version() == Version::HTTP_2 && header_count(request) > HEADERS {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Some(response);
    }
    let error = host::check(request).err()?;
    let (mut head, body) = problem::response(&error, false).into_parts();
    if request.version() < Version::HTTP_2 {
        // Another server on the way may have read this request as one for another host.
        let close = HeaderValue::from_static("close");
        head.headers.insert(header::CONNECTION, close);
    }
    let body = body.collect().await.map(|body| body.to_bytes());
    Some(Response::from_parts(head, body.unwrap_or_default()))
}

/// Counts the headers. Browsers send each cookie as a header of its own over HTTP/2 (RFC 9113,
/// section 8.2.3), which together are one over HTTP/1.1.
fn header_count<B>(request: &Request<B>) -> usize {
    let headers = request.headers();
    let cookies = headers.get_all(header::COOKIE).iter().count();
    headers.len() - cookies.saturating_sub(1)
}
