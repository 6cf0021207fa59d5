//! Passwords: hashing, verification and the rules for new ones.

mod argon2id;
mod hasher;
mod observation;
mod queue;
mod rules;
mod strength;
mod text;

pub use argon2id::{HashCost, InvalidHashCost, PasswordHash};
pub use hasher::PasswordHasher;
pub use queue::HashQueueFull;
pub(crate) use queue::{QueueClient, QueueEntry};
pub(crate) use rules::check_length;
pub use rules::{MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS, PasswordRules};
pub use text::Password;
