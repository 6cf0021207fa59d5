//! The functions and the pages of the chat example.

#![expect(
    clippy::missing_errors_doc,
    reason = "the error type of a server function says how it fails"
)]

pub mod contact;
pub mod functions;
pub mod pages;
pub mod profile;
pub mod rooms;
pub mod users;

use mizan_channels::Channels;
use mizan_core::Registry;
use mizan_forms::RegisterForm as _;

use contact::{Contact, Inbox};
use functions::{
    CurrentUser, EarlyAccess, Echo, Greet, MembersOnly, SignIn, SignOut, StaffReport,
    SuperuserReport,
};
use profile::{Profile, Profiles};
use rooms::Chat;
use users::Sessions;

/// Everything that the example's clients can call.
pub fn registry(sessions: Sessions, channels: Channels) -> Registry {
    Registry::new()
        .state(sessions)
        .state(channels)
        .state(Inbox::default())
        .state(Profiles::default())
        .function::<Echo>()
        .function::<CurrentUser>()
        .function::<Greet>()
        .function::<MembersOnly>()
        .function::<StaffReport>()
        .function::<SuperuserReport>()
        .function::<EarlyAccess>()
        .function::<SignIn>()
        .function::<SignOut>()
        .form::<Contact>()
        .form::<Profile>()
        .channel::<Chat>()
}
