use mizan_core::{Error, client};

#[client]
async fn greet(names: Vec<Option<&str>>) -> Result<usize, Error> {
    Ok(names.len())
}

fn main() {}
