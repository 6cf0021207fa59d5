//! Notes: a query, a form and a channel.

use jiff::Timestamp;
use mizan_auth::Accounts;
use mizan_channels::ChannelsExt as _;
use mizan_core::{Channel, Cx, Decision, Error, channel, client};
use mizan_forms::{Form, FormHandler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::database::Database;

/// A note that a user has written.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Note {
    /// The id.
    pub id: i64,
    /// The name of its author.
    pub author: String,
    /// The text.
    pub text: String,
    /// The time at which it was written.
    pub created_at: Timestamp,
}

/// Returns the newest notes, the last one first.
///
/// # Errors
///
/// Returns an error if the database cannot be reached.
#[client(query, auth = "anyone")]
pub async fn latest_notes(cx: &Cx) -> Result<Vec<Note>, Error> {
    let rows: Vec<(i64, String, String, i64)> =
        sqlx::query_as("SELECT id, author, text, created_at FROM notes ORDER BY id DESC LIMIT 20")
            .fetch_all(cx.state::<Database>())
            .await?;
    let notes = rows.into_iter().map(|(id, author, text, created_at)| {
        let created_at = Timestamp::from_millisecond(created_at)?;
        Ok(Note {
            id,
            author,
            text,
            created_at,
        })
    });
    notes.collect()
}

/// Writes a note, which all visitors see at once.
#[derive(Debug, Deserialize, Form, JsonSchema, Validate)]
#[form(
    name = "add_note",
    title = "Write a note",
    auth,
    limit = "20/min by principal",
    affects(latest_notes)
)]
pub struct AddNote {
    #[field(label = "Your note", widget = "textarea", rows = 2)]
    #[validate(length(min = 1, max = 280))]
    pub text: String,
}

impl FormHandler for AddNote {
    type Output = Note;
    type Error = Error;

    async fn submit(self, cx: &Cx) -> Result<Note, Error> {
        let user = cx.principal().id().unwrap_or_default();
        let account = cx.state::<Accounts>().users().find(user).await?;
        let email = account.map(|account| account.email.to_string());
        // The part of the address before the `@`.
        let author = email.unwrap_or_default();
        let author = author.split('@').next().unwrap_or_default().to_owned();
        let created_at = Timestamp::now();
        let (id,): (i64,) = sqlx::query_as(
            "INSERT INTO notes (author, text, created_at) VALUES ($1, $2, $3) RETURNING id",
        )
        .bind(&author)
        .bind(&self.text)
        .bind(created_at.as_millisecond())
        .fetch_one(cx.state::<Database>())
        .await?;
        let note = Note {
            id,
            author,
            text: self.text,
            created_at,
        };
        cx.channels()
            .publish::<NewNotes>(&AllNotes {}, note.clone())
            .await?;
        Ok(note)
    }
}

/// The subscribers of all notes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllNotes {}

/// The notes that are written while a page is open.
pub struct NewNotes;

#[channel]
impl Channel for NewNotes {
    type Params = AllNotes;
    type ServerMessage = Note;
    const NAME: &'static str = "new_notes";
    const DOCS: &'static str = "The notes that are written while a page is open.";

    async fn authorize(_: &Cx, _: &AllNotes) -> Decision {
        Decision::Allow
    }

    fn group(_: &AllNotes) -> String {
        String::new()
    }
}
