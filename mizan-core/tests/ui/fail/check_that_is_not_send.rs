use std::rc::Rc;

use mizan_core::{Cx, Decision, Error, client};

async fn is_open(cx: &Cx) -> Decision {
    let open = Rc::new(true);
    std::future::ready(cx).await;
    (*open).into()
}

#[client(auth = is_open)]
async fn greet(name: String) -> Result<String, Error> {
    Ok(name)
}

fn main() {}
