//! The server functions of the page.
//!
//! Their policy is `anyone`: the explorer as a whole decides by the host and the address of the client.

mod access;
mod catalogue;
mod channel;
mod details;
mod mail;
mod outcome;
mod schema;
mod steps;
mod try_call;

use mizan_core::Registry;

/// Returns the functions. Their state is [`Explored`](crate::explored::Explored).
pub(crate) fn registry() -> Registry {
    Registry::new()
        .require_policies()
        .function::<catalogue::Catalogue>()
        .function::<details::DescribeFunction>()
        .function::<channel::DescribeChannel>()
        .function::<try_call::TryCall>()
        .function::<access::Access>()
        .function::<mail::Mails>()
        .function::<mail::ClearMails>()
}
