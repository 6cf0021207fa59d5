use mizan_core::ClientError;

#[derive(ClientError)]
enum SaveError {
    #[client_error(message = "{who} has it")]
    Taken { by: String },
}

fn main() {}
