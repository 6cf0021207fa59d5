use mizan_core::{Error, client};

#[client(query, pages(after))]
async fn posts(after: Option<u32>) -> Result<Option<u32>, Error> {
    Ok(after)
}

#[client(query, pages(after = "next"))]
async fn users(after: Option<u32>) -> Result<Option<u32>, Error> {
    Ok(after)
}

#[client(query, pages(after = next, before = previous))]
async fn rooms(after: Option<u32>) -> Result<Option<u32>, Error> {
    Ok(after)
}

#[client(query, pages)]
async fn files(after: Option<u32>) -> Result<Option<u32>, Error> {
    Ok(after)
}

fn main() {}
