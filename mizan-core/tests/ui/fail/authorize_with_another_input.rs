use mizan_core::{Cx, Decision, Error, client};

async fn owns(_: &Cx, id: u32) -> Decision {
    (id == 7).into()
}

#[client(authorize = owns)]
async fn rename(id: u32, title: String) -> Result<String, Error> {
    Ok(format!("{id}: {title}"))
}

fn main() {}
