//! The mailbox.

use jiff::Timestamp;
use mizan_core::{Cx, Error, client};
use schemars::JsonSchema;
use serde::Serialize;

use crate::explored::Explored;
use crate::kept_mails::KeptMails;

/// A mail that the application sent.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MailOut {
    /// The time when it was sent.
    at: Timestamp,
    /// The recipient.
    to: String,
    /// The subject.
    subject: String,
    /// The plain text.
    text: String,
}

/// Returns the mails that the application sent, the newest first.
#[client(query, auth = "anyone")]
pub(crate) async fn mails(cx: &Cx) -> Result<Vec<MailOut>, Error> {
    let kept = cx.state::<Explored>().mails.as_ref();
    let mails = kept.map(KeptMails::all).unwrap_or_default();
    let mails = mails.into_iter().map(|mail| MailOut {
        at: mail.at,
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
    });
    Ok(mails.collect())
}

/// Removes all mails from the mailbox.
#[client(auth = "anyone", affects(mails))]
pub(crate) async fn clear_mails(cx: &Cx) -> Result<(), Error> {
    if let Some(kept) = &cx.state::<Explored>().mails {
        kept.clear();
    }
    Ok(())
}
