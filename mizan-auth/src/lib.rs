#![doc = include_str!("../README.md")]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a test that cannot go on says so by panicking"
    )
)]

mod account;
mod accounts;
mod caller;
mod clock;
mod email_address;
mod error;
mod failures;
pub mod forms;
pub mod functions;
mod issued_token;
mod limits;
mod links;
mod mail;
mod network;
mod next_step;
mod password;
mod registry;
mod session;
mod store;
#[cfg(feature = "suite")]
pub mod suite;
mod token;
#[cfg(feature = "tower-sessions")]
mod tower_sessions;

pub use account::{Access, Account, NewAccount};
pub use accounts::{Accounts, AccountsBuilder, ConfigError, SecondFactor};
pub use clock::Clock;
pub use email_address::{EmailAddress, NotAnEmailAddress};
pub use error::{ConfirmError, LinkError, ProofError, SignInError};
pub use issued_token::{IssuedToken, Purpose};
pub use limits::{Rate, Rates};
pub use links::Pages;
#[cfg(feature = "smtp")]
pub use mail::SmtpMailer;
pub use mail::{ConsoleMailer, FileMailer, Mail, MailError, Mailer, TEMPLATES, TemplateError};
pub use next_step::{NextStep, Ticket};
pub use password::{
    Busy, HashCost, LEAST_CHARACTERS, MOST_BYTES, Password, PasswordHash, PasswordRules, Passwords,
};
pub use registry::registry;
pub use session::{Device, Session, SessionLifetime, Sessions};
#[cfg(feature = "postgres")]
pub use store::PostgresStore;
#[cfg(feature = "redis")]
pub use store::RedisSessionStore;
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
pub use store::{AccountStore, MemoryStore, SessionStore, StoreError, TokenStore, UserStore};
pub use token::{NotAToken, SecretHash, Token, TokenId};
#[cfg(feature = "tower-sessions")]
pub use tower_sessions::TowerSessions;
