//! Meetings, with a form that edits one of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use mizan_core::wire::AsNumber;
use mizan_core::{Cx, Decision, Download, Error, ErrorCode, Redirect, client};
use mizan_forms::{Form, FormHandler, InitialValues};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

use crate::profile::Profiles;

/// Changes a meeting.
#[derive(Deserialize, Form, JsonSchema, Validate)]
#[form(
    name = "edit_meeting",
    title = "Edit meeting",
    auth,
    affects(list_meetings)
)]
pub struct EditMeeting {
    #[field(param)]
    #[client(as_number)]
    id: u64,
    #[validate(length(max = 60))]
    title: String,
    /// In your time zone; in UTC without JavaScript.
    #[field(label = "Begins at")]
    begins_at: Timestamp,
    #[field(widget = "textarea", rows = 3)]
    #[validate(length(max = 500))]
    notes: Option<String>,
}

impl FormHandler for EditMeeting {
    type Output = ();
    type Error = Error;

    async fn authorize(cx: &Cx, params: &EditMeetingParams) -> Result<Decision, Error> {
        Ok(match cx.state::<Meetings>().find(params.id) {
            None => Decision::not_found(NO_MEETING),
            Some(meeting) if Some(&*meeting.host) == cx.principal().id() => Decision::Allow,
            Some(_) => Decision::deny_because("Only the host of a meeting can change it."),
        })
    }

    async fn initial(cx: &Cx, params: &EditMeetingParams) -> Result<InitialValues, Error> {
        match cx.state::<Meetings>().find(params.id) {
            Some(meeting) => InitialValues::from_struct(&meeting),
            None => Err(Error::not_found(NO_MEETING)),
        }
    }

    async fn submit(self, cx: &Cx) -> Result<(), Error> {
        cx.state::<Meetings>().change(self)
    }
}

const NO_MEETING: &str = "There is no such meeting.";

/// A meeting, as its host stored it.
#[derive(Clone, Serialize)]
struct Meeting {
    title: String,
    begins_at: Timestamp,
    notes: Option<String>,
    /// The id of the user who can change the meeting.
    host: String,
}

/// A meeting in the list.
#[derive(Serialize, JsonSchema)]
pub struct ListedMeeting {
    /// Identifies the meeting.
    #[serde(with = "AsNumber::<u64>")]
    pub id: u64,
    /// The title.
    pub title: String,
    /// The time at which the meeting begins.
    pub begins_at: Timestamp,
    /// The display name of the host.
    pub host: String,
    /// True if the caller is the host, who can change the meeting.
    pub own: bool,
}

/// Returns the meetings, the newest first.
#[client(query, auth)]
pub async fn list_meetings(cx: &Cx) -> Result<Vec<ListedMeeting>, Error> {
    let meetings = cx.state::<Meetings>().all();
    let listed = meetings
        .into_iter()
        .rev()
        .map(|(id, meeting)| ListedMeeting {
            id,
            title: meeting.title,
            begins_at: meeting.begins_at,
            own: cx.principal().id() == Some(&meeting.host),
            host: cx.state::<Profiles>().name_of(&meeting.host),
        });
    Ok(listed.collect())
}

/// Returns the meetings as a text file, the earliest first, with times in UTC.
#[client(query, auth, content_type = "text/plain;charset=utf-8")]
pub async fn export_meetings(cx: &Cx) -> Result<Download, Error> {
    let profiles = cx.state::<Profiles>();
    let mut meetings = cx.state::<Meetings>().all();
    meetings.sort_by_key(|(_, meeting)| meeting.begins_at);
    let lines = meetings.iter().map(|(_, meeting)| {
        let host = profiles.name_of(&meeting.host);
        format!("{}  {}, with {host}\n", meeting.begins_at, meeting.title)
    });
    let user = profiles.name_of(cx.principal().id().unwrap_or_default());
    let name = format!("Meetings for {user}.txt");
    Ok(Download::new(name, lines.collect::<String>()))
}

/// Opens the next meeting that the caller hosts.
#[client(query, auth)]
pub async fn next_meeting(cx: &Cx) -> Result<Redirect, Error> {
    let now = Timestamp::now();
    let meetings = cx.state::<Meetings>().all();
    let own = meetings.into_iter().filter(|(_, meeting)| {
        meeting.begins_at >= now && cx.principal().id() == Some(&meeting.host)
    });
    match own.min_by_key(|(_, meeting)| meeting.begins_at) {
        Some((id, _)) => Ok(Redirect::to(format!("/meetings/{id}/"))),
        None => Err(Error::not_found(
            "You host no meeting that is still to come.",
        )),
    }
}

/// Adds a meeting that begins in a week, and returns its id.
#[client(auth, limit = "60/min by principal", affects(list_meetings))]
pub async fn add_meeting(cx: &Cx) -> Result<AddedMeeting, Error> {
    let host = cx.principal().id().unwrap_or_default();
    let id = cx.state::<Meetings>().add(host)?;
    Ok(AddedMeeting { id })
}

/// A new meeting.
#[derive(Serialize, JsonSchema)]
pub struct AddedMeeting {
    /// Identifies the meeting.
    #[serde(with = "AsNumber::<u64>")]
    pub id: u64,
}

/// The maximum number of meetings of a host.
const MAX_OWN_MEETINGS: usize = 100;

/// The maximum number of meetings, which limits the memory that users can occupy.
const MAX_MEETINGS: usize = 10_000;

/// The meetings, in memory. Clones share them.
#[derive(Clone, Default)]
pub struct Meetings(Arc<Mutex<Stored>>);

#[derive(Default)]
struct Stored {
    last_id: u64,
    meetings: BTreeMap<u64, Meeting>,
}

impl Meetings {
    /// Returns the meetings with their ids, the oldest first.
    fn all(&self) -> Vec<(u64, Meeting)> {
        self.0.lock().meetings.clone().into_iter().collect()
    }

    fn find(&self, id: u64) -> Option<Meeting> {
        self.0.lock().meetings.get(&id).cloned()
    }

    fn add(&self, host: &str) -> Result<u64, Error> {
        let mut stored = self.0.lock();
        let own = stored.meetings.values().filter(|one| one.host == host);
        if own.count() >= MAX_OWN_MEETINGS || stored.meetings.len() >= MAX_MEETINGS {
            let message = "There are too many meetings.";
            return Err(Error::new(ErrorCode::Conflict, message));
        }
        stored.last_id += 1;
        let id = stored.last_id;
        let next_week = Timestamp::now().as_second() + 7 * 24 * 3600;
        let meeting = Meeting {
            title: "New meeting".to_owned(),
            // On the hour.
            begins_at: Timestamp::from_second(next_week - next_week % 3600)?,
            notes: None,
            host: host.to_owned(),
        };
        stored.meetings.insert(id, meeting);
        Ok(id)
    }

    fn change(&self, form: EditMeeting) -> Result<(), Error> {
        let mut stored = self.0.lock();
        let Some(meeting) = stored.meetings.get_mut(&form.id) else {
            return Err(Error::not_found(NO_MEETING));
        };
        meeting.title = form.title;
        meeting.begins_at = form.begins_at;
        meeting.notes = form.notes;
        Ok(())
    }
}
