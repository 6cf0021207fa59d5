//! The mailbox.

use std::sync::Arc;

use async_trait::async_trait;
use mizan_auth::mail::{Mail, MailError, Mailer};
use mizan_explorer::Mailbox;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::application::{Site, builder};

/// A mailer that records the recipients.
#[derive(Default)]
struct Sent(Mutex<Vec<String>>);

#[async_trait]
impl Mailer for Sent {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.lock().push(mail.to.to_string());
        Ok(())
    }
}

async fn subjects(site: &Site) -> Vec<String> {
    let reply = site.call("mails", &json!({})).await;
    let mails: Vec<Value> = serde_json::from_str(&reply.body).unwrap();
    let subjects = mails.iter().map(|mail| mail["subject"].as_str().unwrap());
    subjects.map(str::to_owned).collect()
}

async fn send(mailbox: &Mailbox, subject: &str) {
    let mail = Mail::new("mia@example.com".parse().unwrap(), subject, "text");
    mailbox.send(&mail).await.unwrap();
}

#[tokio::test]
async fn shows_the_newest_mail_first_and_passes_mails_on() {
    let sent = Arc::new(Sent::default());
    let mailbox = Mailbox::new(sent.clone());
    let site = Site::of(builder().mailbox(mailbox.clone()));
    send(&mailbox, "first").await;
    send(&mailbox, "second").await;
    assert_eq!(subjects(&site).await, ["second", "first"]);
    assert_eq!(*sent.0.lock(), ["mia@example.com", "mia@example.com"]);
    site.call("clear_mails", &json!({})).await;
    assert!(subjects(&site).await.is_empty());
}

#[tokio::test]
async fn keeps_no_mail_without_an_enabled_explorer() {
    let mailbox = Mailbox::new(Arc::new(Sent::default()));
    let _disabled = Site::of(builder().enabled(false).mailbox(mailbox.clone()));
    send(&mailbox, "secret").await;
    let site = Site::of(builder().mailbox(mailbox));
    assert!(subjects(&site).await.is_empty());
}
