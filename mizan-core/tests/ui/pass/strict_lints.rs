//! The output of the macros causes no warning under strict lints.
#![deny(
    missing_docs,
    unused,
    unreachable_pub,
    unused_qualifications,
    private_interfaces,
    rust_2018_idioms,
    nonstandard_style,
    future_incompatible,
    clippy::all
)]
#![forbid(unsafe_code)]

/// Posts.
pub mod posts {
    use mizan_core::{ClientError, Cx, Decision, Error, client};

    /// The reasons for not renaming a post.
    #[derive(Debug, ClientError)]
    pub enum RenameError {
        /// Another post has the title.
        #[client_error(field = "title", message = "{by} has it")]
        Taken {
            /// The other post.
            by: String,
        },
        /// Any other error.
        #[client_error(transparent)]
        Other(Error),
    }

    async fn allow(cx: &Cx) -> Decision {
        cx.principal().is_signed_in().into()
    }

    async fn agree(_: &Cx, input: &Rename) -> Decision {
        (!input.title.is_empty()).into()
    }

    /// Renames a post.
    ///
    /// # Errors
    ///
    /// Returns an error if another post has the title.
    #[client(auth = allow, authorize = agree, affects(title))]
    pub async fn rename(
        cx: &Cx,
        #[validate(length(min = 1))] title: String,
        #[serde(default)] r#type: Option<u8>,
    ) -> Result<(), RenameError> {
        let _ = (cx, r#type);
        Err(RenameError::Taken { by: title })
    }

    /// The title of the post.
    ///
    /// # Errors
    ///
    /// Never fails.
    #[client(query)]
    pub async fn title() -> Result<String, Error> {
        Ok(String::new())
    }
}

fn main() {
    let registry = mizan_core::Registry::new()
        .function::<posts::Rename>()
        .function::<posts::Title>();
    assert!(registry.build().is_ok());
}
