use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    #[client_error(code = "not_found")]
    Missing,
}

fn main() {}
