//! Sends mail in background tasks.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Instant;

use mizan_core::Error;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span};

use super::Mailer;
use super::templates::{MailKind, TemplateContext, Templates};
use crate::email_address::EmailAddress;

/// The maximum number of mails that are sent at the same time.
const MAX_CONCURRENT_MAILS: usize = 16;

/// A mail in the gauge of queued mail, until it is dropped.
struct QueuedMail;

impl QueuedMail {
    fn new() -> Self {
        metrics::gauge!("mizan_mail_queued").increment(1.0);
        Self
    }
}

impl Drop for QueuedMail {
    fn drop(&mut self) {
        metrics::gauge!("mizan_mail_queued").decrement(1.0);
    }
}

/// Renders mail immediately and sends it in a background task.
///
/// The response to a call does not wait for the mail server, and its duration does not reveal whether a mail
/// is sent.
pub(crate) struct MailQueue {
    mailer: Arc<dyn Mailer>,
    templates: Templates,
    site_name: String,
    tasks: TaskTracker,
    permits: Arc<Semaphore>,
}

impl MailQueue {
    pub(crate) fn new(mailer: Arc<dyn Mailer>, templates: Templates, site_name: String) -> Self {
        Self {
            mailer,
            templates,
            site_name,
            tasks: TaskTracker::new(),
            permits: Arc::new(Semaphore::new(MAX_CONCURRENT_MAILS)),
        }
    }

    /// Renders a mail and sends it in the background. A failure to send it is logged.
    pub(crate) fn enqueue(
        &self,
        kind: MailKind,
        to: &EmailAddress,
        context: TemplateContext,
    ) -> Result<(), Error> {
        let context = TemplateContext {
            site: self.site_name.clone(),
            email: to.to_string(),
            ..context
        };
        let mail = self.templates.render(kind, to.clone(), &context)?;
        let (mailer, permits) = (Arc::clone(&self.mailer), Arc::clone(&self.permits));
        let span = tracing::info_span!(
            target: "mizan::mail",
            "mizan.mail",
            otel.kind = "client",
            otel.status_code = tracing::field::Empty,
            mizan.mail.kind = kind.as_str(),
        );
        let queued = QueuedMail::new();
        let send = async move {
            // The semaphore is never closed, so this cannot fail.
            let _permit = permits.acquire().await;
            let started = Instant::now();
            let result = mailer.send(&mail).await;
            let outcome = if result.is_ok() { "ok" } else { "error" };
            metrics::histogram!("mizan_mail_duration_seconds", "kind" => kind.as_str(), "outcome" => outcome)
                .record(started.elapsed().as_secs_f64());
            if let Err(error) = result {
                Span::current().record("otel.status_code", "ERROR");
                let cause = error.source().map(tracing::field::display);
                tracing::error!(kind = kind.as_str(), cause, "{error}");
            }
            drop(queued);
        };
        self.tasks.spawn(send.instrument(span));
        Ok(())
    }

    /// Waits until every queued mail has been sent or has failed.
    pub(crate) async fn flush(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }
}
