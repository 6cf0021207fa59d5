//! The server functions of the pages. `mizan-codegen` generates the client from them.

use mizan_auth::{Account, Accounts};
use mizan_core::{Cx, Decision, Error, client};
use schemars::JsonSchema;
use serde::Serialize;

use crate::account_database::AccountDatabase;
use crate::contact::Inbox;
use crate::people::{DEMO_PASSWORD, DEMOS, EARLY_ACCESS};
use crate::profile::Profiles;

/// The reply of `echo`.
#[derive(Serialize, JsonSchema)]
pub struct EchoReply {
    /// The text that the client sent.
    pub message: String,
}

/// Returns the text that the client sent.
#[client(auth = "anyone")]
pub async fn echo(
    /// Up to 280 characters.
    #[validate(length(min = 1, max = 280))]
    text: String,
) -> Result<EchoReply, Error> {
    Ok(EchoReply { message: text })
}

/// A user, as displayed on pages.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserOut {
    /// The id of the user.
    pub id: String,
    /// The email address with which the user signs in.
    pub email: String,
    /// The display name.
    pub name: String,
    /// True for staff.
    pub staff: bool,
    /// True for superusers.
    pub superuser: bool,
}

impl UserOut {
    fn new(cx: &Cx, account: Account) -> Self {
        Self {
            name: cx.state::<Profiles>().name_of(&account.id),
            id: account.id,
            email: account.email.to_string(),
            staff: cx.principal().is_staff(),
            superuser: cx.principal().is_superuser(),
        }
    }
}

/// Returns the signed-in user, or `null` if the caller is not signed in.
#[client(context = "global", auth = "anyone")]
pub async fn current_user(cx: &Cx) -> Result<Option<UserOut>, Error> {
    let id = cx.principal().id().unwrap_or_default();
    let account = cx.state::<Accounts>().users().find(id).await?;
    Ok(account.map(|account| UserOut::new(cx, account)))
}

/// A demo account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DemoAccount {
    /// The display name.
    pub name: &'static str,
    /// The email address for signing in.
    pub email: &'static str,
    /// The password.
    pub password: &'static str,
}

/// Returns the demo accounts.
#[client(context = "global", auth = "anyone")]
pub async fn demo_accounts() -> Result<Vec<DemoAccount>, Error> {
    let demos = DEMOS.iter().map(|demo| DemoAccount {
        name: demo.name,
        email: demo.email,
        password: DEMO_PASSWORD,
    });
    Ok(demos.collect())
}

/// A greeting.
#[derive(Serialize, JsonSchema)]
pub struct Greeting {
    /// The text of the greeting.
    pub greeting: String,
}

/// Greets a person by name.
#[client(context = "local", auth = "anyone")]
pub async fn greet(
    /// The name of the person.
    #[validate(length(min = 1, max = 80))]
    name: String,
) -> Result<Greeting, Error> {
    Ok(Greeting {
        greeting: format!("Hello, {name}!"),
    })
}

/// A text with restricted access.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// The heading.
    pub title: &'static str,
    /// The lines of the text.
    pub lines: Vec<String>,
}

/// Returns the report for members.
#[client(query, auth)]
pub async fn members_only(cx: &Cx) -> Result<Report, Error> {
    let id = cx.principal().id().unwrap_or_default();
    let name = cx.state::<Profiles>().name_of(id);
    Ok(Report {
        title: "Members",
        lines: vec![
            format!("Welcome back, {name}."),
            "Doors open at eight.".into(),
        ],
    })
}

/// Returns the report for staff.
#[client(query, auth = "staff")]
pub async fn staff_report(cx: &Cx) -> Result<Report, Error> {
    let id = cx.principal().id().unwrap_or_default();
    let sessions = cx.state::<Accounts>().sessions().list(id).await?;
    let messages = cx.state::<Inbox>().count();
    Ok(Report {
        title: "Staff report",
        lines: vec![
            format!("Your open sessions: {}", sessions.len()),
            format!("Messages in the inbox: {messages}"),
        ],
    })
}

/// Returns the report for superusers.
#[client(query, auth = "superuser")]
pub async fn superuser_report(cx: &Cx) -> Result<Report, Error> {
    let accounts = cx.state::<AccountDatabase>().list_accounts(None, 5).await?;
    let profiles = cx.state::<Profiles>();
    let line = |it: &Account| format!("{}: {}", it.email, profiles.name_of(&it.id));
    Ok(Report {
        title: "The first accounts",
        lines: accounts.iter().map(line).collect(),
    })
}

/// Allows the members of the early-access group.
async fn has_early_access(cx: &Cx) -> Decision {
    let user = cx.principal();
    if user.is_signed_in() && !user.is_in_group(EARLY_ACCESS) {
        return Decision::deny_because("You are not on the early-access list yet.");
    }
    user.is_signed_in().into()
}

/// Returns the early-access report.
#[client(query, auth = has_early_access)]
pub async fn early_access() -> Result<Report, Error> {
    Ok(Report {
        title: "Early access",
        lines: vec!["You are one of the first to see this.".into()],
    })
}

/// Succeeds if the user has confirmed their password recently.
#[client(query, auth = "recent")]
pub async fn confirmed() -> Result<(), Error> {
    Ok(())
}
