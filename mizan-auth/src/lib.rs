#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a failed unwrap fails the test, which is intended"
    )
)]

pub mod accounts;
mod caller;
mod client_network;
pub mod clock;
pub mod email_address;
pub mod forms;
pub mod functions;
pub mod mail;
pub mod password;
pub mod rate_limit;
mod registry;
pub mod session;
pub mod store;
#[cfg(feature = "suite")]
#[cfg_attr(docsrs, doc(cfg(feature = "suite")))]
pub mod suite;
pub mod token;
#[cfg(feature = "tower-sessions")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower-sessions")))]
pub mod tower_sessions;
mod url_security;

pub use accounts::{Accounts, AccountsBuilder, NextStep};
pub use email_address::EmailAddress;
pub use password::Password;
pub use registry::registry;
pub use session::{Session, Sessions};
pub use store::Account;
