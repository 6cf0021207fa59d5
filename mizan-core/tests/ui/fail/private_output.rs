use mizan_core::{Error, client};

mod posts {
    use super::{Error, client};

    #[derive(serde::Serialize, schemars::JsonSchema)]
    struct Post {
        title: String,
    }

    #[client]
    pub async fn first_post() -> Result<Post, Error> {
        Ok(Post { title: String::new() })
    }
}

fn main() {}
