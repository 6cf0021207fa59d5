use mizan_core::{Error, client};

#[client(pages(after = next))]
async fn posts(after: Option<u32>) -> Result<Option<u32>, Error> {
    Ok(after)
}

fn main() {}
