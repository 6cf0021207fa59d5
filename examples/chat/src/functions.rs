//! What the page can call. Each function is declared once, here; the client is generated.

use mizan_auth::{Account, Accounts};

use mizan_auth::store::SqliteStore;
use mizan_core::{Cx, Decision, Error, client};
use schemars::JsonSchema;
use serde::Serialize;

use crate::contact::Inbox;
use crate::people::{DEMO_PASSWORD, DEMOS, EARLY_ACCESS};
use crate::profile::Profiles;

/// What an echo answers.
#[derive(Serialize, JsonSchema)]
pub struct EchoReply {
    /// The text, as it was sent.
    pub message: String,
}

/// Echoes the text back.
#[client(auth = "anyone")]
pub async fn echo(
    /// Up to 280 characters.
    #[validate(length(min = 1, max = 280))]
    text: String,
) -> Result<EchoReply, Error> {
    Ok(EchoReply { message: text })
}

/// A user, as pages see them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserOut {
    /// What the example knows the user by.
    pub id: String,
    /// What the user signs in with.
    pub email: String,
    /// What the user is called.
    pub name: String,
    /// Whether the user may see the staff report.
    pub staff: bool,
    /// Whether the user may see everything.
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

/// Who is signed in, if anybody is.
#[client(context = "global", auth = "anyone")]
pub async fn current_user(cx: &Cx) -> Result<Option<UserOut>, Error> {
    let id = cx.principal().id().unwrap_or_default();
    let account = cx.state::<Accounts>().users().find(id).await?;
    Ok(account.map(|account| UserOut::new(cx, account)))
}

/// An account that everybody may try.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DemoAccount {
    /// What its user is called.
    pub name: &'static str,
    /// What one signs in with.
    pub email: &'static str,
    /// Its password.
    pub password: &'static str,
}

/// The accounts that the demo begins with.
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
    /// The words.
    pub greeting: String,
}

/// Greets whoever is named.
#[client(context = "local", auth = "anyone")]
pub async fn greet(
    /// Whom to greet.
    #[validate(length(min = 1, max = 80))]
    name: String,
) -> Result<Greeting, Error> {
    Ok(Greeting {
        greeting: format!("Hello, {name}!"),
    })
}

/// A page of text that not everybody may read.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// The heading.
    pub title: &'static str,
    /// The text, line by line.
    pub lines: Vec<String>,
}

/// What members read.
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

/// What staff read.
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

/// What superusers read.
#[client(query, auth = "superuser")]
pub async fn superuser_report(cx: &Cx) -> Result<Report, Error> {
    let accounts = cx.state::<SqliteStore>().list_accounts(None, 5).await?;
    let profiles = cx.state::<Profiles>();
    let line = |it: &Account| format!("{}: {}", it.email, profiles.name_of(&it.id));
    Ok(Report {
        title: "The first accounts",
        lines: accounts.iter().map(line).collect(),
    })
}

/// Allows those who were let in before the others.
async fn has_early_access(cx: &Cx) -> Decision {
    let user = cx.principal();
    if user.is_signed_in() && !user.is_in_group(EARLY_ACCESS) {
        return Decision::deny_because("You are not on the early-access list yet.");
    }
    user.is_signed_in().into()
}

/// What is not for everybody yet.
#[client(query, auth = has_early_access)]
pub async fn early_access() -> Result<Report, Error> {
    Ok(Report {
        title: "Early access",
        lines: vec!["You are one of the first to see this.".into()],
    })
}

/// Tells a page whether whoever is signed in proved who they are a short while ago.
#[client(query, auth = "recent")]
pub async fn confirmed() -> Result<(), Error> {
    Ok(())
}
