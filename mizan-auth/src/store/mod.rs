//! The stores of accounts, sessions and tokens.
//!
//! An application uses one of the provided stores or implements the traits for its own tables.

mod account;
mod error;
mod issued_token;
mod memory;
mod observed;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod traits;

pub use account::{Access, Account, NewAccount};
pub use error::StoreError;
pub use issued_token::{IssuedToken, TokenPurpose};
pub use memory::MemoryStore;
pub(crate) use observed::ObservedStore;
#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub use postgres::PostgresStore;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use redis::RedisSessionStore;
#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub use sqlite::SqliteStore;
pub use traits::{AccountStore, SessionStore, TokenStore, UserStore};
