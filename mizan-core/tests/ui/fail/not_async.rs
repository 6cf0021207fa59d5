use mizan_core::{Error, client};

#[client]
fn greet(name: String) -> Result<String, Error> {
    Ok(name)
}

fn main() {}
