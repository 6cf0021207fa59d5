//! The functions and the pages of the chat example.

#![expect(
    clippy::missing_errors_doc,
    reason = "the error type of a server function says how it fails"
)]

pub mod functions;
pub mod pages;
pub mod users;

use mizan_core::Registry;

use functions::{
    CurrentUser, EarlyAccess, Echo, Greet, MembersOnly, SignIn, SignOut, StaffReport,
    SuperuserReport,
};
use users::Sessions;

/// Everything that the example's clients can call.
pub fn registry(sessions: Sessions) -> Registry {
    Registry::new()
        .state(sessions)
        .function::<Echo>()
        .function::<CurrentUser>()
        .function::<Greet>()
        .function::<MembersOnly>()
        .function::<StaffReport>()
        .function::<SuperuserReport>()
        .function::<EarlyAccess>()
        .function::<SignIn>()
        .function::<SignOut>()
}
