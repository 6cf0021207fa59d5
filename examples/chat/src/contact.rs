//! The contact form.

use std::sync::Arc;

use mizan_core::{ClientError, Cx, Upload};
use mizan_forms::{Form, FormHandler};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// A message to the people behind this page.
#[derive(Deserialize, Form, JsonSchema, Validate)]
#[form(
    name = "contact",
    title = "Contact us",
    auth = "anyone",
    limit = "60/min by address"
)]
pub struct Contact {
    #[field(label = "Your name", autocomplete = "name")]
    #[validate(length(max = 80))]
    name: String,
    /// We only use it to reply to you.
    #[field(label = "Email address", widget = "email", autocomplete = "email")]
    #[validate(email)]
    email: String,
    #[field(widget = "textarea", rows = 4)]
    #[validate(length(
        min = 10,
        max = 2000,
        message = "Tell us a little more: 10 to 2000 characters."
    ))]
    message: String,
    /// PNG or JPEG, at most 5 MB.
    #[field(accept = "image/png, image/jpeg", max_bytes = 5_000_000)]
    image: Option<Upload>,
    /// Numbers where we can reach you.
    #[field(label = "Phone numbers")]
    #[serde(default)]
    #[validate(nested, length(max = 3))]
    phones: Vec<Phone>,
}

/// A phone number.
#[derive(Deserialize, Form, JsonSchema, Serialize, Validate)]
pub struct Phone {
    #[field(initial = "mobile")]
    kind: PhoneKind,
    #[field(widget = "tel", autocomplete = "tel", placeholder = "+49 30 901820")]
    #[validate(length(min = 5, max = 20))]
    number: String,
}

/// The kind of a phone number.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneKind {
    /// Mobile
    Mobile,
    /// Home
    Home,
    /// Work
    Work,
}

/// The reply to a submitted message.
#[derive(Serialize, JsonSchema)]
pub struct Sent {
    sent: bool,
}

/// The error of a rejected message.
#[derive(Debug, ClientError)]
pub enum ContactError {
    /// The domain of the address receives no email.
    #[client_error(field = "email", message = "We cannot send email to {domain}.")]
    Undeliverable {
        /// The part of the address after the `@`.
        domain: String,
    },
    /// The inbox is full.
    #[client_error(
        status = 503,
        message = "Our inbox is full. Please try again tomorrow."
    )]
    InboxFull,
}

impl FormHandler for Contact {
    type Output = Sent;
    type Error = ContactError;

    async fn submit(self, cx: &Cx) -> Result<Sent, ContactError> {
        // A reserved top-level domain without mail servers (RFC 2606).
        if let Some((_, domain)) = self.email.rsplit_once('@')
            && domain.ends_with(".invalid")
        {
            let domain = domain.to_owned();
            return Err(ContactError::Undeliverable { domain });
        }
        let is_stored = cx.state::<Inbox>().put(StoredMessage {
            name: self.name,
            characters: self.message.chars().count(),
            image_bytes: self.image.map(|image| image.len()),
            phones: self.phones.into_iter().map(|phone| phone.kind).collect(),
        });
        if is_stored {
            Ok(Sent { sent: true })
        } else {
            Err(ContactError::InboxFull)
        }
    }
}

/// The stored part of a message. It contains nothing confidential.
#[derive(Debug)]
pub struct StoredMessage {
    /// The name of the sender.
    pub name: String,
    /// The length of the message.
    pub characters: usize,
    /// The size of the image.
    pub image_bytes: Option<u64>,
    /// The kinds of the phone numbers.
    pub phones: Vec<PhoneKind>,
}

/// The maximum number of stored messages, which limits the memory that visitors can occupy.
const MAX_MESSAGES: usize = 1_000;

/// The received messages. Clones share the messages.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Mutex<Vec<StoredMessage>>>);

impl Inbox {
    /// Returns the number of messages.
    pub fn count(&self) -> usize {
        self.0.lock().len()
    }

    fn put(&self, message: StoredMessage) -> bool {
        let mut messages = self.0.lock();
        let has_room = messages.len() < MAX_MESSAGES;
        if has_room {
            messages.push(message);
        }
        has_room
    }
}
