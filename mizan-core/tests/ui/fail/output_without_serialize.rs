use mizan_core::{Error, client};

#[derive(schemars::JsonSchema)]
struct Greeting {
    text: String,
}

#[client]
async fn greet() -> Result<Greeting, Error> {
    Ok(Greeting { text: String::new() })
}

fn main() {}
