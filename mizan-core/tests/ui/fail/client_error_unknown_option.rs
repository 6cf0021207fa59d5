use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    #[client_error(stauts = 409)]
    Taken,
}

fn main() {}
