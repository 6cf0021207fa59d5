//! A span for each request, and its place in a distributed trace.

mod future;
mod layer;
mod service;
mod trace_context;
mod trusted_peers;

pub use future::TracedFuture;
pub use layer::RequestTracing;
pub use service::TracedService;
#[cfg(feature = "opentelemetry")]
pub use trace_context::inject_trace_context;
