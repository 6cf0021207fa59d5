use mizan_core::{Error, client};

#[client(affects("posts"))]
async fn greet(name: String) -> Result<String, Error> {
    Ok(name)
}

fn main() {}
