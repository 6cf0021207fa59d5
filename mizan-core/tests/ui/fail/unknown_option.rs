use mizan_core::{Error, client};

#[client(cached)]
async fn greet(#[validate(length(min = 1))] name: String) -> Result<String, Error> {
    Ok(name)
}

fn main() {}
