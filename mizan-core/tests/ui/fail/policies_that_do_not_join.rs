use mizan_core::{Error, client};

#[client(auth = and("staff"))]
async fn alone() -> Result<(), Error> {
    Ok(())
}

#[client(auth = or("staff", false))]
async fn everybody() -> Result<(), Error> {
    Ok(())
}

#[client(auth = xor("staff", "recent"))]
async fn unknown() -> Result<(), Error> {
    Ok(())
}

#[client(auth = not("staff", "recent"))]
async fn two() -> Result<(), Error> {
    Ok(())
}

fn main() {}
