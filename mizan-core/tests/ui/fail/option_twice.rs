use mizan_core::{Error, client};

#[client(auth, auth = "staff")]
async fn greet(name: String) -> Result<String, Error> {
    Ok(name)
}

fn main() {}
