use mizan_core::{Error, client};

#[client]
async fn greet<T: ToString>(name: T) -> Result<String, Error> {
    Ok(name.to_string())
}

fn main() {}
