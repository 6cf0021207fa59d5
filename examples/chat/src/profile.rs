//! What users say about themselves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mizan_auth::Accounts;
use mizan_core::{Cx, Error};
use mizan_forms::{Form, FormHandler, InitialValues};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use validator::Validate;

/// What others see of you.
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

/// When a user is told of new messages.
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

const TAKEN: &str = "This name is already taken.";

impl FormHandler for Profile {
    type Output = ();
    type Error = Error;

    async fn initial(cx: &Cx) -> Result<InitialValues, Error> {
        let id = cx.principal().id().unwrap_or_default();
        let account = cx.state::<Accounts>().users().find(id).await?;
        let email = account.map(|account| account.email.to_string());
        let profile = InitialValues::from_struct(&cx.state::<Profiles>().find(id))?;
        Ok(profile.set("email", email.unwrap_or_default()))
    }

    async fn validate_field(cx: &Cx, field: &str, value: &Value) -> Result<(), Error> {
        let id = cx.principal().id().unwrap_or_default();
        match (field, value.as_str()) {
            ("name", Some(name)) if cx.state::<Profiles>().is_taken(name, id) => {
                Err(Error::invalid("name", TAKEN))
            }
            // A URL may be `javascript:` as well, and others are to follow this one.
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
            Err(Error::invalid("name", TAKEN))
        }
    }
}

/// Everybody's profile. Cloning is cheap, and the clones share them.
#[derive(Clone, Default)]
pub struct Profiles(Arc<Mutex<HashMap<String, Profile>>>);

impl Profiles {
    /// What the user with this id is called.
    pub fn name_of(&self, id: &str) -> String {
        self.find(id).name
    }

    /// Calls the user with this id by `name`, until they say otherwise.
    pub(crate) fn introduce(&self, id: &str, name: &str) {
        let profile = Profile::new(name.to_owned());
        self.lock().entry(id.to_owned()).or_insert(profile);
    }

    fn find(&self, id: &str) -> Profile {
        let saved = self.lock().get(id).cloned();
        // Not a part of the address, which is nobody else's to see.
        saved.unwrap_or_else(|| Profile::new(format!("Guest {}", id.get(..4).unwrap_or(id))))
    }

    fn is_taken(&self, name: &str, by_other_than: &str) -> bool {
        is_taken(&self.lock(), name, by_other_than)
    }

    /// Keeps the profile, unless its name was taken meanwhile.
    fn save(&self, id: &str, profile: Profile) -> bool {
        let mut profiles = self.lock();
        let free = !is_taken(&profiles, &profile.name, id);
        if free {
            profiles.insert(id.to_owned(), profile);
        }
        free
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Profile>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Schemes have no case.
fn is_web_address(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| {
        scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
    })
}

fn is_taken(profiles: &HashMap<String, Profile>, name: &str, by_other_than: &str) -> bool {
    let wanted = name.trim().to_lowercase();
    profiles
        .iter()
        .filter(|(id, _)| *id != by_other_than)
        .any(|(_, other)| other.name.trim().to_lowercase() == wanted)
}
