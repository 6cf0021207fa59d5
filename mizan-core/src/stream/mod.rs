//! Functions that return a stream of parts.

mod call_stream;
mod part_stream;

pub use self::call_stream::{CallStream, StreamEnd};
#[doc(hidden)]
pub use self::part_stream::{PartSender, start_stream};
pub use self::part_stream::{PartStream, StreamOutput};
