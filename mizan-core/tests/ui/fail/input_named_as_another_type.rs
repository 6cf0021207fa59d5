use mizan_core::{Error, client};

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Report {
    text: String,
}

#[client]
async fn report() -> Result<Report, Error> {
    Ok(Report { text: String::new() })
}

fn main() {}
