use mizan_core::{Cx, Error, client};

#[client]
async fn greet(name: String, cx: &Cx) -> Result<String, Error> {
    let _ = cx;
    Ok(name)
}

fn main() {}
