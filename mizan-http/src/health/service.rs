//! The tower service that answers health checks.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

use super::checks::{Check, Checks, Report};
use crate::response::ReplyBody;
use crate::response::reply;
use crate::shutdown::Shutdown;

/// A [`tower_service::Service`] that answers the health checks of load balancers and supervisors.
///
/// | path, with any prefix | response |
/// |---|---|
/// | `/live` | 200 while the process answers requests: restart the process if it fails |
/// | `/ready` | 200 if all checks pass; 503 if one fails, or after a [`Shutdown`] has begun: send no requests |
///
/// ```
/// use axum::Router;
/// use mizan_http::{Health, Shutdown};
///
/// async fn ping_database() -> std::io::Result<()> {
///     Ok(())
/// }
///
/// fn router(shutdown: &Shutdown) -> Router {
///     let health = Health::new()
///         .shutdown(shutdown)
///         .check("database", ping_database);
///     Router::new().nest_service("/health", health)
/// }
/// ```
///
/// The response is JSON: `{"status":"unavailable","checks":{"database":"failed"}}`. The reason for a failure is
/// logged, and clients do not receive it.
///
/// The checks run at the same time, each within a [`deadline`](Self::deadline). Their result is used for all requests
/// within [`max_age`](Self::max_age), so that a client that sends many requests cannot overload a database.
///
/// Clones share the results. Add all checks before you clone it.
#[derive(Clone)]
pub struct Health {
    shutdown: Option<CancellationToken>,
    checks: Checks,
}

impl Health {
    /// Creates a service without checks, whose `/ready` fails only during a shutdown.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shutdown: None,
            checks: Checks::new(),
        }
    }

    /// Adds a check to `/ready`. A check that returns an error, panics or exceeds the deadline fails.
    #[must_use]
    pub fn check<F, R, E>(mut self, name: impl Into<Cow<'static, str>>, check: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.checks.add(Check::new(name.into(), check));
        self
    }

    /// Reports that the process is not ready after `shutdown` has begun.
    #[must_use]
    pub fn shutdown(mut self, shutdown: &Shutdown) -> Self {
        self.shutdown = Some(shutdown.started());
        self
    }

    /// Sets the time after which a check fails. 2 seconds by default.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.checks.deadline = deadline;
        self
    }

    /// Sets the time for which a result is used. 1 second by default.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.checks.max_age = max_age;
        self
    }

    async fn readiness(&self) -> (StatusCode, Body) {
        if self.is_shutting_down() {
            return unavailable("shutting_down", &Report::default());
        }
        let report = self.checks.report().await;
        if self.is_shutting_down() {
            unavailable("shutting_down", &report)
        } else if report.iter().all(|(_, passed)| *passed) {
            (StatusCode::OK, Body::new("ok", &report))
        } else {
            unavailable("unavailable", &report)
        }
    }

    fn is_shutting_down(&self) -> bool {
        let shutdown = self.shutdown.as_ref();
        shutdown.is_some_and(CancellationToken::is_cancelled)
    }

    async fn answer(self, method: Method, path: String) -> Response<ReplyBody> {
        let is_read = matches!(method, Method::GET | Method::HEAD);
        let (status, body) = match path.rsplit('/').next() {
            Some("live" | "ready") if !is_read => {
                let body = Body::new("method_not_allowed", &Report::default());
                (StatusCode::METHOD_NOT_ALLOWED, body)
            }
            Some("live") => (StatusCode::OK, Body::new("ok", &Report::default())),
            Some("ready") => self.readiness().await,
            _ => {
                let body = Body::new("not_found", &Report::default());
                (StatusCode::NOT_FOUND, body)
            }
        };
        let json = serde_json::to_vec(&body).expect("all keys of a report are strings");
        let body = ReplyBody::complete(Bytes::from(json));
        let mut response = reply::response(body, "application/json", "no-store");
        *response.status_mut() = status;
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        if method == Method::HEAD {
            return reply::without_body(response);
        }
        response
    }
}

fn unavailable(status: &'static str, report: &Report) -> (StatusCode, Body) {
    (StatusCode::SERVICE_UNAVAILABLE, Body::new(status, report))
}

#[derive(Serialize)]
struct Body {
    status: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    checks: BTreeMap<String, &'static str>,
}

impl Body {
    fn new(status: &'static str, report: &Report) -> Self {
        let checks = report.iter().map(|(name, passed)| {
            let result = if *passed { "ok" } else { "failed" };
            (name.clone(), result)
        });
        Self {
            status,
            checks: checks.collect(),
        }
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("deadline", &self.checks.deadline)
            .field("max_age", &self.checks.max_age)
            .finish_non_exhaustive()
    }
}

impl<B> Service<Request<B>> for Health {
    type Response = Response<ReplyBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ReplyBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let health = self.clone();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        Box::pin(async move { Ok(health.answer(method, path).await) })
    }
}
