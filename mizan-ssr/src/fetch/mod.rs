//! Requests that components make with `fetch`: the allowed origins, and the limits.

#[cfg(feature = "fetch")]
mod address;
#[cfg(feature = "fetch")]
mod client;
#[cfg(not(feature = "fetch"))]
mod disabled;
mod event;
#[cfg(feature = "fetch")]
mod exchange;
#[cfg(feature = "fetch")]
mod policy;
#[cfg(feature = "fetch")]
mod request;

#[cfg(not(feature = "fetch"))]
pub(crate) use self::disabled::{FetchClient, Fetches};
pub(crate) use self::event::{FetchEvent, FetchEventKind};
#[cfg(feature = "fetch")]
pub use self::policy::FetchPolicy;
#[cfg(feature = "fetch")]
pub(crate) use self::{
    client::{FetchClient, FetchClientError},
    exchange::Fetches,
};

/// The message of a request if the renderer has no client.
#[cfg(feature = "fetch")]
pub(crate) const DISABLED_MESSAGE: &str = "`fetch` is disabled; allow the origin with \
    `RendererBuilder::fetch`, call a server function, or pass the data as props";
/// The message of a request if the renderer has no client.
#[cfg(not(feature = "fetch"))]
pub(crate) const DISABLED_MESSAGE: &str = "`fetch` needs the feature `fetch` of mizan-ssr, and an \
    origin allowed with `RendererBuilder::fetch`; or call a server function, or pass the data as props";
