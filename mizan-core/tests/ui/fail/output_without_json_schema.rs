use mizan_core::{Error, client};

#[derive(serde::Serialize)]
struct Greeting {
    text: String,
}

#[client]
async fn greet() -> Result<Greeting, Error> {
    Ok(Greeting { text: String::new() })
}

fn main() {}
