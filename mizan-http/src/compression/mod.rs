//! Compression of responses while they stream.

mod body;
mod decide;
mod decision;
mod future;
mod layer;
mod service;

pub use body::CompressedBody;
pub use future::CompressionFuture;
pub use layer::Compression;
pub use service::CompressionService;
