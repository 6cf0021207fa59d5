use mizan_core::{Error, client};

#[client(query, context = "local")]
async fn greet(name: String) -> Result<String, Error> {
    Ok(name)
}

fn main() {}
