use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    #[client_error(status = 200)]
    Taken,
}

fn main() {}
