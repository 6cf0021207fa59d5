use mizan_core::ClientError;

#[derive(serde::Serialize)]
struct Person {
    name: String,
}

#[derive(ClientError)]
enum SaveError {
    Taken { by: Person },
}

fn main() {}
