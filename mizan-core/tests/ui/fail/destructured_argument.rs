use mizan_core::{Error, client};

#[client]
async fn add((a, b): (i32, i32)) -> Result<i32, Error> {
    Ok(a + b)
}

fn main() {}
