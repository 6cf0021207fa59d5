use mizan_core::{Error, client};

#[client]
async fn greet(name: &str) -> Result<String, Error> {
    Ok(name.to_owned())
}

fn main() {}
