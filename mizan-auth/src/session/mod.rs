//! Login sessions: opening, authenticating, listing and ending them.

mod cookie;
mod device;
mod end_watcher;
mod lifetime;
mod record;
mod sessions;

pub(crate) use cookie::TokenCookie;
pub use device::Device;
pub use lifetime::SessionLifetime;
pub use record::Session;
pub use sessions::Sessions;
