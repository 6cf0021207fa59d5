use mizan_core::{Error, client};

#[client]
async fn greet(name: impl ToString) -> Result<String, Error> {
    Ok(name.to_string())
}

fn main() {}
