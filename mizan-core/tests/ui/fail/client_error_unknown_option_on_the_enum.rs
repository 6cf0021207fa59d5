use mizan_core::ClientError;

#[derive(ClientError)]
#[client_error(status = 409)]
enum SaveError {
    Taken,
}

fn main() {}
