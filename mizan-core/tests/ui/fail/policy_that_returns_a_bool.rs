use mizan_core::{Cx, Error, client};

async fn allow(_: &Cx) -> bool {
    true
}

async fn agree(_: &Cx, _: &Greet) -> bool {
    true
}

#[client(auth = allow, authorize = agree)]
async fn greet(name: String) -> Result<String, Error> {
    Ok(name)
}

fn main() {}
