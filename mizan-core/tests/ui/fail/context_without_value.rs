use mizan_core::{Error, client};

#[client(context)]
async fn greet(name: String) -> Result<String, Error> {
    Ok(name)
}

fn main() {}
