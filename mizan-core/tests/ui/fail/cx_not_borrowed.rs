use mizan_core::{Cx, Error, client};

#[client]
async fn greet(cx: Cx, name: String) -> Result<String, Error> {
    drop(cx);
    Ok(name)
}

fn main() {}
