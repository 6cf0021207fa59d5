//! The profiles of the users.

use std::collections::HashMap;
use std::sync::Arc;

use mizan_auth::Accounts;
use mizan_core::{Cx, Error};
use mizan_forms::{FieldCheck, Form, FormHandler, InitialValues, NoParams};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// Your public profile.
#[derive(Clone, Deserialize, Form, JsonSchema, Serialize, Validate)]
#[form(name = "profile", title = "Edit profile", auth, affects(current_user))]
pub struct Profile {
    /// The address that you sign in with.
    #[field(label = "Email address", disabled)]
    email: String,
    /// Shown to others. No two users can have the same name.
    #[field(label = "Display name", autocomplete = "nickname")]
    #[validate(length(min = 2, max = 30))]
    name: String,
    #[field(widget = "textarea", rows = 3)]
    #[validate(length(max = 300))]
    about: Option<String>,
    #[field(widget = "url", placeholder = "https://")]
    #[validate(url)]
    website: Option<String>,
    #[field(widget = "color")]
    colour: String,
    #[field(label = "Email me about new messages", widget = "radio")]
    notify: Notify,
}

/// The frequency of notifications about new messages.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    /// Immediately
    AtOnce,
    /// Once a day
    Daily,
    /// Never
    Never,
}

const NAME_TAKEN: &str = "This name is already taken.";

impl FormHandler for Profile {
    type Output = ();
    type Error = Error;

    async fn initial(cx: &Cx, _: &NoParams) -> Result<InitialValues, Error> {
        let id = cx.principal().id().unwrap_or_default();
        let account = cx.state::<Accounts>().users().find(id).await?;
        let email = account.map(|account| account.email.to_string());
        let profile = InitialValues::from_struct(&cx.state::<Profiles>().find(id))?;
        Ok(profile.set("email", email.unwrap_or_default()))
    }

    async fn validate_field(cx: &Cx, _: &NoParams, field: FieldCheck<'_>) -> Result<(), Error> {
        let id = cx.principal().id().unwrap_or_default();
        match (field.path(), field.value().as_str()) {
            ("name", Some(name)) if cx.state::<Profiles>().is_taken(name, id) => {
                Err(Error::invalid("name", NAME_TAKEN))
            }
            // The URL becomes a link, so `javascript:` must be rejected.
            ("website", Some(url)) if !is_web_address(url) => Err(Error::invalid(
                "website",
                "Must begin with https:// or http://.",
            )),
            _ => Ok(()),
        }
    }

    async fn submit(self, cx: &Cx) -> Result<(), Error> {
        let id = cx.principal().id().unwrap_or_default();
        if cx.state::<Profiles>().save(id, self) {
            Ok(())
        } else {
            Err(Error::invalid("name", NAME_TAKEN))
        }
    }
}

/// The profiles of all users. Clones share the profiles.
#[derive(Clone, Default)]
pub struct Profiles(Arc<Mutex<HashMap<String, Profile>>>);

impl Profiles {
    /// Returns the display name of a user.
    pub fn name_of(&self, id: &str) -> String {
        self.find(id).name
    }

    /// Sets the display name of a user without a profile.
    pub(crate) fn set_default_name(&self, id: &str, name: &str) {
        let profile = Profile::new(name.to_owned());
        self.0.lock().entry(id.to_owned()).or_insert(profile);
    }

    fn find(&self, id: &str) -> Profile {
        let saved = self.0.lock().get(id).cloned();
        // Derived from the id, because the email address is private.
        saved.unwrap_or_else(|| Profile::new(format!("Guest {}", id.get(..4).unwrap_or(id))))
    }

    fn is_taken(&self, name: &str, except_id: &str) -> bool {
        is_taken(&self.0.lock(), name, except_id)
    }

    /// Saves the profile. Returns false if another user has taken the name.
    fn save(&self, id: &str, profile: Profile) -> bool {
        let mut profiles = self.0.lock();
        let is_free = !is_taken(&profiles, &profile.name, id);
        if is_free {
            profiles.insert(id.to_owned(), profile);
        }
        is_free
    }
}

impl Profile {
    fn new(name: String) -> Self {
        Self {
            email: String::new(),
            name,
            about: None,
            website: None,
            colour: "#17594f".to_owned(),
            notify: Notify::Daily,
        }
    }
}

/// Returns true for an `http` or `https` URL. Schemes are case-insensitive.
fn is_web_address(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| {
        scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
    })
}

fn is_taken(profiles: &HashMap<String, Profile>, name: &str, except_id: &str) -> bool {
    let wanted = name.trim().to_lowercase();
    profiles
        .iter()
        .filter(|(id, _)| *id != except_id)
        .any(|(_, other)| other.name.trim().to_lowercase() == wanted)
}
