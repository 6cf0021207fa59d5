use mizan_core::{Error, client};

use std::rc::Rc;

#[client]
async fn greet(name: String) -> Result<String, Error> {
    let name = Rc::new(name);
    std::future::ready(()).await;
    Ok(name.to_string())
}

fn main() {}
