//! Health checks for load balancers and supervisors.

mod checks;
mod service;

pub use service::Health;
