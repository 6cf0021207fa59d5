use std::error::Error as _;
use std::sync::Arc;

use mizan_core::Error;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::templates::Facts;
use super::{Letter, Mailer, Templates};
use crate::EmailAddress;

/// How many mails are under way at once. More wait.
const AT_ONCE: usize = 16;

/// Sends mail behind the back of the call that asked for it, so that an answer takes as long with
/// a mail as without, and does not wait for a mail server.
pub(crate) struct Outbox {
    mailer: Arc<dyn Mailer>,
    templates: Templates,
    site: String,
    under_way: TaskTracker,
    places: Arc<Semaphore>,
}

impl Outbox {
    pub(crate) fn new(mailer: Arc<dyn Mailer>, templates: Templates, site: String) -> Self {
        Self {
            mailer,
            templates,
            site,
            under_way: TaskTracker::new(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Writes the letter now and sends it soon. A mail that cannot be sent is logged.
    pub(crate) fn post(
        &self,
        letter: Letter,
        to: &EmailAddress,
        facts: Facts,
    ) -> Result<(), Error> {
        let facts = Facts {
            site: self.site.clone(),
            email: to.to_string(),
            ..facts
        };
        let mail = self.templates.write(letter, to.clone(), &facts)?;
        let (mailer, places) = (Arc::clone(&self.mailer), Arc::clone(&self.places));
        self.under_way.spawn(async move {
            // Nobody closes the semaphore.
            let _place = places.acquire().await;
            if let Err(error) = mailer.send(&mail).await {
                let cause = error.source().map(tracing::field::display);
                tracing::error!(?letter, cause, "{error}");
            }
        });
        Ok(())
    }

    /// Waits until everything is sent.
    pub(crate) async fn empty(&self) {
        self.under_way.close();
        self.under_way.wait().await;
        self.under_way.reopen();
    }
}
