use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    #[client_error(status = 409)]
    #[client_error(status = 410)]
    Taken,
}

fn main() {}
