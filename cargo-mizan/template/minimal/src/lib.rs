//! The functions that the browser calls.

use mizan_core::{Error, Registry, client};

/// Greets a person by name.
#[client(query)]
pub async fn greet(name: String) -> Result<String, Error> {
    Ok(format!("Hello, {name}!"))
}

/// Registers all functions.
pub fn registry() -> Registry {
    Registry::new().function::<Greet>()
}
