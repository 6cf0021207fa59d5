//! What visitors write to us.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mizan_core::{ClientError, Cx, Upload};
use mizan_forms::{Form, FormHandler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// A message to the people behind this page.
#[derive(Deserialize, Form, JsonSchema, Validate)]
#[form(name = "contact", title = "Contact us", auth = "anyone")]
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

/// A number to call.
#[derive(Deserialize, Form, JsonSchema, Serialize, Validate)]
pub struct Phone {
    #[field(initial = "mobile")]
    kind: PhoneKind,
    #[field(widget = "tel", autocomplete = "tel", placeholder = "+49 30 901820")]
    #[validate(length(min = 5, max = 20))]
    number: String,
}

/// Where a phone rings.
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

/// What a sent message is answered with.
#[derive(Serialize, JsonSchema)]
pub struct Sent {
    sent: bool,
}

/// Why a message was not taken.
#[derive(Debug, ClientError)]
pub enum ContactError {
    /// Nobody reads what comes from there.
    #[client_error(field = "email", message = "We cannot send email to {domain}.")]
    Undeliverable {
        /// The part of the address after the `@`.
        domain: String,
    },
    /// There is no room for more messages.
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
        // Set aside for examples (RFC 2606), with no mail servers by definition.
        if let Some((_, domain)) = self.email.rsplit_once('@')
            && domain.ends_with(".invalid")
        {
            let domain = domain.to_owned();
            return Err(ContactError::Undeliverable { domain });
        }
        let taken = cx.state::<Inbox>().put(Letter {
            name: self.name,
            characters: self.message.chars().count(),
            image_bytes: self.image.map(|image| image.len()),
            phones: self.phones.into_iter().map(|phone| phone.kind).collect(),
        });
        if taken {
            Ok(Sent { sent: true })
        } else {
            Err(ContactError::InboxFull)
        }
    }
}

/// What is kept of a message: enough to count it, nothing that anybody would have to protect.
#[derive(Debug)]
pub struct Letter {
    /// Who wrote.
    pub name: String,
    /// How long the message is.
    pub characters: usize,
    /// How large its image is.
    pub image_bytes: Option<u64>,
    /// Where the writer can be called.
    pub phones: Vec<PhoneKind>,
}

/// More are refused, so that nobody fills the memory with them.
const MOST: usize = 1_000;

/// The messages. Cloning is cheap, and the clones share them.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Mutex<Vec<Letter>>>);

impl Inbox {
    /// How many messages there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    fn put(&self, letter: Letter) -> bool {
        let mut letters = self.lock();
        let has_room = letters.len() < MOST;
        if has_room {
            letters.push(letter);
        }
        has_room
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Letter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
