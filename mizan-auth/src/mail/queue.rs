//! Sends mail in background tasks.

use std::error::Error as _;
use std::sync::Arc;

use mizan_core::Error;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::Mailer;
use super::templates::{MailKind, TemplateContext, Templates};
use crate::email_address::EmailAddress;

/// The maximum number of mails that are sent at the same time.
const MAX_CONCURRENT_MAILS: usize = 16;

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
        self.tasks.spawn(async move {
            // The semaphore is never closed, so this cannot fail.
            let _permit = permits.acquire().await;
            if let Err(error) = mailer.send(&mail).await {
                let cause = error.source().map(tracing::field::display);
                tracing::error!(?kind, cause, "{error}");
            }
        });
        Ok(())
    }

    /// Waits until every queued mail has been sent or has failed.
    pub(crate) async fn flush(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }
}
