//! Signing out on pages without JavaScript.

use mizan_auth::Accounts;
use mizan_core::{Cx, Error};
use mizan_forms::{Form, FormHandler};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Sign out of this device.
#[derive(Deserialize, Form, JsonSchema, Validate)]
#[form(name = "leave", title = "Sign out", auth = "anyone", affects(*))]
pub struct Leave {
    /// Ends the sessions of all other devices too.
    #[field(label = "Sign out of all devices")]
    #[serde(default)]
    everywhere: bool,
}

impl FormHandler for Leave {
    type Output = ();
    type Error = Error;

    async fn submit(self, cx: &Cx) -> Result<(), Error> {
        let accounts = cx.state::<Accounts>();
        if self.everywhere
            && let Some(id) = cx.principal().id()
        {
            accounts.end_all_sessions(id).await?;
        }
        accounts.sign_out(cx).await
    }
}
