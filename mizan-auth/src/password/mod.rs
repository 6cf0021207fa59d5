mod hash;
mod passwords;
mod queue;
mod rules;
mod strength;

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

pub use hash::{HashCost, PasswordHash};
pub use passwords::{Busy, Passwords};
pub(crate) use queue::{Share, Turn};
pub(crate) use rules::check_length;
pub use rules::{LEAST_CHARACTERS, MOST_BYTES, PasswordRules};

/// A password that somebody typed, as it was typed: neither cut nor trimmed nor changed (OWASP
/// ASVS 6.2.8). `Debug` does not show it, and nothing writes it down.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// What was typed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(typed: String) -> Self {
        Self(typed)
    }
}

impl From<&str> for Password {
    fn from(typed: &str) -> Self {
        Self(typed.to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl JsonSchema for Password {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Password".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "password" })
    }
}
