use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    Taken,
    #[client_error(code = "taken")]
    Occupied,
}

fn main() {}
