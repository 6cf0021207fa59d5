//! The functions and the pages of the chat example.

#![expect(
    clippy::missing_errors_doc,
    reason = "the error type of a server function documents its failures"
)]

pub mod account_database;
pub mod admin;
pub mod config;
pub mod contact;
pub mod explorer;
pub mod functions;
pub mod leave;
pub mod meetings;
pub mod pages;
pub mod people;
pub mod profile;
pub mod room_list;
pub mod rooms;
pub mod sharing;
pub mod telemetry;

use mizan_channels::{Channels, RegisterChannels as _};
use mizan_core::Registry;
use mizan_forms::RegisterForm as _;

use admin::{EndSessions, ListAccounts};
use contact::{Contact, Inbox};
use functions::{
    Confirmed, CurrentUser, DemoAccounts, EarlyAccess, Echo, Greet, MembersOnly, StaffReport,
    SuperuserReport,
};
use leave::Leave;
use meetings::{AddMeeting, EditMeeting, ExportMeetings, ListMeetings, Meetings, NextMeeting};
use people::People;
use profile::Profile;
use room_list::{ListRooms, MarkRead, RoomActivity, Unread};
use rooms::Chat;

/// Registers all functions, forms and channels of the example.
pub fn registry(people: People, channels: Channels) -> Registry {
    mizan_auth::registry(people.accounts)
        .require_policies()
        .state(people.database)
        .channels(channels)
        .state(people.profiles)
        .state(Inbox::default())
        .state(Meetings::default())
        .state(RoomActivity::default())
        .function::<Echo>()
        .function::<CurrentUser>()
        .function::<DemoAccounts>()
        .function::<Greet>()
        .function::<MembersOnly>()
        .function::<StaffReport>()
        .function::<SuperuserReport>()
        .function::<EarlyAccess>()
        .function::<Confirmed>()
        .function::<ListAccounts>()
        .function::<EndSessions>()
        .function::<ListMeetings>()
        .function::<ExportMeetings>()
        .function::<NextMeeting>()
        .function::<AddMeeting>()
        .function::<ListRooms>()
        .function::<Unread>()
        .function::<MarkRead>()
        .form::<Contact>()
        .form::<Profile>()
        .form::<Leave>()
        .form::<EditMeeting>()
        .channel::<Chat>()
}
