//! What the page can call. Each function is declared once, here; the client is generated.

use mizan_core::{ClientError, Cx, Decision, Error, client};
use schemars::JsonSchema;
use serde::Serialize;

use crate::contact::Inbox;
use crate::profile::Profiles;
use crate::users::{self, Sessions, User};

/// What an echo answers.
#[derive(Serialize, JsonSchema)]
pub struct EchoReply {
    /// The text, as it was sent.
    pub message: String,
}

/// Echoes the text back.
#[client]
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
    /// What the user signs in with.
    pub id: &'static str,
    /// What the user is called.
    pub name: String,
    /// Whether the user may see the staff report.
    pub staff: bool,
    /// Whether the user may see everything.
    pub superuser: bool,
}

impl UserOut {
    fn new(cx: &Cx, user: &'static User) -> Self {
        Self {
            id: user.id,
            name: cx.state::<Profiles>().name_of(user.id),
            staff: user.staff,
            superuser: user.superuser,
        }
    }
}

/// Who is signed in, if anybody is.
#[client(context = "global")]
pub async fn current_user(cx: &Cx) -> Result<Option<UserOut>, Error> {
    let user = cx.principal().id().and_then(users::find);
    Ok(user.map(|user| UserOut::new(cx, user)))
}

/// A greeting.
#[derive(Serialize, JsonSchema)]
pub struct Greeting {
    /// The words.
    pub greeting: String,
}

/// Greets whoever is named.
#[client(context = "local")]
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
    Ok(Report {
        title: "Members",
        lines: vec![
            format!("Welcome back, {id}."),
            "Doors open at eight.".into(),
        ],
    })
}

/// What staff read.
#[client(query, auth = "staff")]
pub async fn staff_report(cx: &Cx) -> Result<Report, Error> {
    let sessions = cx.state::<Sessions>().count();
    let messages = cx.state::<Inbox>().count();
    Ok(Report {
        title: "Staff report",
        lines: vec![
            format!("Open sessions: {sessions}"),
            format!("Messages in the inbox: {messages}"),
        ],
    })
}

/// What superusers read.
#[client(query, auth = "superuser")]
pub async fn superuser_report() -> Result<Report, Error> {
    let users = users::USERS
        .iter()
        .map(|user| format!("{}: {}", user.id, user.name));
    Ok(Report {
        title: "All accounts",
        lines: users.collect(),
    })
}

/// Allows those who were let in before the others.
async fn has_early_access(cx: &Cx) -> Decision {
    match cx.principal().id().and_then(users::find) {
        Some(user) if user.early_access => Decision::Allow,
        Some(_) => Decision::deny_because("you are not on the list for early access yet"),
        None => Decision::deny(),
    }
}

/// What is not for everybody yet.
#[client(query, auth = has_early_access)]
pub async fn early_access() -> Result<Report, Error> {
    Ok(Report {
        title: "Early access",
        lines: vec!["You are among the first to see this.".into()],
    })
}

/// Why nobody could be signed in.
#[derive(Debug, ClientError)]
pub enum SignInError {
    /// There is no such user.
    #[client_error(field = "user", message = "there is no user `{user}`")]
    UnknownUser {
        /// Whom the client asked for.
        user: String,
        /// Who can be signed in.
        known: Vec<&'static str>,
    },
    /// No session could be opened.
    #[client_error(status = 503)]
    TooManySessions,
}

/// Signs one of the demo users in. There are no passwords: accounts will bring them.
#[client(affects(*))]
pub async fn sign_in(
    cx: &Cx,
    /// `member`, `staff` or `superuser`.
    user: String,
) -> Result<UserOut, SignInError> {
    let Some(found) = users::find(&user) else {
        let known = users::USERS.iter().map(|user| user.id).collect();
        return Err(SignInError::UnknownUser { user, known });
    };
    let sessions = cx.state::<Sessions>();
    sessions.close(cx.head());
    let cookie = sessions.open(found).ok_or(SignInError::TooManySessions)?;
    cx.set_cookie(cookie);
    Ok(UserOut::new(cx, found))
}

/// Signs whoever is signed in out.
#[client(affects(*))]
pub async fn sign_out(cx: &Cx) -> Result<(), Error> {
    let sessions = cx.state::<Sessions>();
    sessions.close(cx.head());
    cx.set_cookie(sessions.removal());
    Ok(())
}
