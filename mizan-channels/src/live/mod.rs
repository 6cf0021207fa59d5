//! Live queries: subscriptions to the changes of the result of a function with certain arguments.
//!
//! All processes share one log of invalidations in the broker. Each process follows it, and keeps for each of its live
//! queries the offset of the last invalidation that affects it. A subscriber reads from that, with positions in the
//! shared log, so that it can resume on another process.

mod arguments;
mod attach;
mod change;
mod follower;
mod handler;
mod index;
mod log_group;
mod publisher;
mod quota;
mod reader;
mod refresh;
mod shared;
mod state;

pub(crate) use attach::{attach, position};
pub(crate) use handler::{LiveHandler, LiveTarget};
pub(crate) use state::LiveQueries;

/// The prefix of the name of a live query in `sub` frames. The name of a channel has no colon.
pub(crate) const QUERY_PREFIX: &str = "query:";
