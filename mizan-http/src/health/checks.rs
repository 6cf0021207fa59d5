//! Checks of the services that an application depends on, with a deadline and a cached result.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, join_all};
use parking_lot::Mutex;
use tokio::time::Instant;

pub(super) type CheckError = Box<dyn StdError + Send + Sync>;

/// A named check.
pub(super) struct Check {
    name: Cow<'static, str>,
    run: Box<dyn Fn() -> BoxFuture<'static, Result<(), CheckError>> + Send + Sync>,
    /// True if the last run failed. Only changes are logged.
    has_failed: Mutex<bool>,
}

impl Check {
    pub(super) fn new<F, R, E>(name: Cow<'static, str>, check: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<CheckError>,
    {
        Self {
            name,
            run: Box::new(move || {
                let result = check();
                Box::pin(async move { result.await.map_err(Into::into) })
            }),
            has_failed: Mutex::new(false),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Runs the check. A panic or a timeout is a failure.
    async fn run(&self, deadline: Duration) -> bool {
        let result = AssertUnwindSafe(async { (self.run)().await }).catch_unwind();
        let failure: Option<CheckError> = match tokio::time::timeout(deadline, result).await {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(error))) => Some(error),
            Ok(Err(_)) => Some("the check panicked".into()),
            Err(_) => Some("the check timed out".into()),
        };
        let had_failed = std::mem::replace(&mut *self.has_failed.lock(), failure.is_some());
        match &failure {
            Some(error) if !had_failed => {
                tracing::error!(check = self.name(), %error, "health check failed");
            }
            None if had_failed => tracing::info!(check = self.name(), "health check recovered"),
            _ => {}
        }
        failure.is_none()
    }
}

/// The names of the checks, and whether they passed.
pub(super) type Report = Arc<[(String, bool)]>;

/// All checks of an application. Clones share the last result.
///
/// The requests of a moment share a result, so that requests do not multiply the work.
#[derive(Clone)]
pub(super) struct Checks {
    checks: Vec<Arc<Check>>,
    pub(super) deadline: Duration,
    pub(super) max_age: Duration,
    last: Arc<Mutex<Option<RunningChecks>>>,
}

/// The start of the checks, and their result.
type RunningChecks = (Instant, Shared<BoxFuture<'static, Report>>);

impl Checks {
    pub(super) fn new() -> Self {
        Self {
            checks: Vec::new(),
            deadline: Duration::from_secs(2),
            max_age: Duration::from_secs(1),
            last: Arc::default(),
        }
    }

    pub(super) fn add(&mut self, check: Check) {
        self.checks.push(Arc::new(check));
    }

    /// Returns the result of the checks, which is at most `max_age` old.
    pub(super) async fn report(&self) -> Report {
        if self.checks.is_empty() {
            return Report::default();
        }
        let report = {
            let mut last = self.last.lock();
            match &*last {
                Some((started, report))
                    if report.peek().is_none() || started.elapsed() < self.max_age =>
                {
                    report.clone()
                }
                _ => last.insert((Instant::now(), self.start())).1.clone(),
            }
        };
        report.await
    }

    /// Starts the checks in a task, which continues if the client disconnects.
    fn start(&self) -> Shared<BoxFuture<'static, Report>> {
        let (checks, deadline) = (self.checks.clone(), self.deadline);
        let running = tokio::spawn(async move {
            let results = join_all(checks.iter().map(|check| check.run(deadline))).await;
            let names = checks.iter().map(|check| check.name().to_owned());
            names.zip(results).collect()
        });
        let names: Vec<_> = self
            .checks
            .iter()
            .map(|check| check.name().to_owned())
            .collect();
        running
            .map(move |report| {
                // The task fails only while the runtime shuts down.
                report.unwrap_or_else(|_| names.into_iter().map(|name| (name, false)).collect())
            })
            .boxed()
            .shared()
    }
}
