use mizan_core::client;

#[client]
async fn read() -> Result<String, std::io::Error> {
    std::fs::read_to_string("post.md")
}

fn main() {}
