//! An application before and after changes of its functions, for the clients of the version before.
//!
//! `versions old manifest` prints the manifest of the version before; `versions new` starts the server of
//! the version after, and prints its URL.

use mizan_core::{ClientError, Cx, Error, Registry, Upload, client};
use mizan_forms::functions::SubmitMutation;
use mizan_forms::{Form, FormHandler, RegisterForm};
use mizan_http::{MizanService, serve, shutdown_signal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use validator::Validate;

mod old {
    use super::{
        ClientError, Cx, Deserialize, Error, Form, FormHandler, JsonSchema, RegisterForm, Registry,
        Serialize, Upload, Validate, client,
    };

    /// Finds posts.
    #[client(query)]
    pub(crate) async fn search(text: String) -> Result<Vec<Found>, Error> {
        Ok(vec![Found { title: text }])
    }

    #[derive(Serialize, JsonSchema)]
    pub(crate) struct Found {
        title: String,
    }

    /// Renames a post.
    #[client]
    pub(crate) async fn rename(id: i64, name: String) -> Result<Post, RenameError> {
        if name == "taken" {
            return Err(RenameError::NameTaken { wanted: name });
        }
        Ok(Post { id, name })
    }

    #[derive(Serialize, JsonSchema)]
    pub(crate) struct Post {
        pub(crate) id: i64,
        pub(crate) name: String,
    }

    #[derive(Deserialize, JsonSchema)]
    pub(crate) struct RenameInput {
        pub(crate) id: i64,
        pub(crate) name: String,
    }

    #[derive(ClientError)]
    pub(crate) enum RenameError {
        #[client_error(status = 409)]
        NameTaken { wanted: String },
        #[client_error(transparent)]
        Other(Error),
    }

    /// Returns a price.
    #[client(query)]
    pub(crate) async fn price() -> Result<f64, Error> {
        Ok(1.5)
    }

    /// Archives a post.
    #[client]
    pub(crate) async fn archive(id: i64) -> Result<i64, Error> {
        Ok(id)
    }

    #[derive(Deserialize, Form, JsonSchema, Validate)]
    #[form(name = "attach")]
    pub(crate) struct Attach {
        title: String,
        #[field(accept = "image/png", max_bytes = 100)]
        file: Upload,
    }

    #[derive(Serialize, JsonSchema)]
    pub(crate) struct Attached {
        pub(crate) name: String,
        pub(crate) bytes: u32,
    }

    impl FormHandler for Attach {
        type Output = Attached;
        type Error = Error;

        async fn submit(self, _: &Cx) -> Result<Attached, Error> {
            let bytes = u32::try_from(self.file.len())?;
            let name = self.title;
            Ok(Attached { name, bytes })
        }
    }

    pub(crate) fn registry() -> Registry {
        Registry::new()
            .function::<Search>()
            .function::<Rename>()
            .function::<Price>()
            .function::<Archive>()
            .form::<Attach>()
    }
}

mod new {
    use super::{
        ClientError, Cx, Deserialize, Error, Form, FormHandler, JsonSchema, RegisterForm, Registry,
        Serialize, SubmitMutation, Upload, Validate, client, old,
    };

    /// Finds posts. The argument `limit` and the member `score` are new, which is compatible.
    #[client(query)]
    pub(crate) async fn search(text: String, limit: Option<u32>) -> Result<Vec<Found>, Error> {
        let count = limit.unwrap_or(1) as usize;
        let found = Found {
            title: text,
            score: 0.5,
        };
        Ok(vec![found; count])
    }

    #[derive(Clone, Serialize, JsonSchema)]
    pub(crate) struct Found {
        title: String,
        score: f64,
    }

    /// Renames a post. The argument and the member `name` are now `title`.
    #[client]
    pub(crate) async fn rename(id: i64, title: String) -> Result<Post, RenameError> {
        if title == "taken" {
            return Err(RenameError::TitleTaken { title });
        }
        Ok(Post { id, title })
    }

    #[derive(Serialize, JsonSchema)]
    pub(crate) struct Post {
        pub(crate) id: i64,
        pub(crate) title: String,
    }

    #[derive(ClientError)]
    pub(crate) enum RenameError {
        #[client_error(status = 409)]
        TitleTaken { title: String },
        #[client_error(transparent)]
        Other(Error),
    }

    /// Returns a price, which old clients cannot read.
    #[client(query)]
    pub(crate) async fn price() -> Result<Option<f64>, Error> {
        Ok(None)
    }

    /// Archives a post. Old clients do not send a reason.
    #[client]
    pub(crate) async fn archive(id: i64, reason: String) -> Result<i64, Error> {
        let _ = reason;
        Ok(id)
    }

    #[derive(Deserialize, Form, JsonSchema, Validate)]
    #[form(name = "attach")]
    pub(crate) struct Attach {
        title: String,
        #[field(accept = "image/png, image/jpeg")]
        document: Upload,
    }

    #[derive(Serialize, JsonSchema)]
    pub(crate) struct Attached {
        title: String,
        size: u64,
    }

    impl FormHandler for Attach {
        type Output = Attached;
        type Error = Error;

        async fn submit(self, _: &Cx) -> Result<Attached, Error> {
            let size = self.document.len();
            let title = self.title;
            Ok(Attached { title, size })
        }
    }

    pub(crate) fn registry(price_contract: &str) -> Registry {
        Registry::new()
            .function::<Search>()
            .function::<Rename>()
            .function::<Price>()
            .function::<Archive>()
            .form::<Attach>()
            .retire("price", price_contract)
            .previous(
                "rename",
                |old::RenameInput { id, name }| Ok(Rename { id, title: name }),
                |result| match result {
                    Ok(Post { id, title }) => Ok(old::Post { id, name: title }),
                    Err(RenameError::TitleTaken { title }) => {
                        Err(old::RenameError::NameTaken { wanted: title })
                    }
                    Err(RenameError::Other(error)) => Err(old::RenameError::Other(error)),
                },
            )
            .previous("attach.submit", to_attach, |result| {
                result.map(|Attached { title, size }| old::Attached {
                    name: title,
                    bytes: u32::try_from(size).unwrap_or(u32::MAX),
                })
            })
    }

    fn to_attach(old: SubmitMutation<old::Attach>) -> Result<SubmitMutation<Attach>, Error> {
        let mut values = old.into_values();
        if let Some(members) = values.as_object_mut()
            && let Some(file) = members.remove("file")
        {
            members.insert("document".to_owned(), file);
        }
        Ok(SubmitMutation::new(values))
    }
}

/// Returns the contract of a function.
fn contract(registry: &Registry, name: &str) -> Result<String, Box<dyn std::error::Error>> {
    let manifest = registry.manifest()?;
    let functions = manifest.as_json()["functions"].as_array();
    let function = functions
        .into_iter()
        .flatten()
        .find(|function| function["name"] == name);
    let contract = function.and_then(|function| function["contract"].as_str());
    Ok(contract.ok_or("there is no such function")?.to_owned())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let parameters: Vec<_> = std::env::args().skip(1).collect();
    let parameters: Vec<_> = parameters.iter().map(String::as_str).collect();
    let registry = match parameters.first() {
        Some(&"new") => new::registry(&contract(&old::registry(), "price")?),
        _ => old::registry(),
    };
    if parameters.last() == Some(&"manifest") {
        let mut manifest = registry.manifest()?.as_json().clone();
        // The positions in this file change with every edit.
        for kind in ["functions", "forms"] {
            let items = manifest[kind].as_array_mut().into_iter().flatten();
            for item in items.filter_map(serde_json::Value::as_object_mut) {
                item.remove("source");
            }
        }
        println!("{manifest:#}");
        return Ok(());
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let service = MizanService::builder(registry.build()?);
    serve(listener, service.build()?)
        .with_graceful_shutdown(shutdown_signal())
        .await?;
    Ok(())
}
