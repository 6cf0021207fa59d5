//! The description of the app for clients in other languages.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use mizan_core::manifest::Manifest;
use mizan_openapi::{Options, asyncapi, openapi};

use crate::response::ReplyBody;
use crate::response::reply;

/// The documents of an app. They are created once, and all responses share their bytes.
#[derive(Default)]
pub(crate) struct Documents(Vec<Document>);

/// A document with its path below the mount path.
pub(crate) struct Document {
    path: &'static str,
    json: Bytes,
    tag: HeaderValue,
}

impl Documents {
    /// Describes an app whose service is mounted at `mount_path`.
    pub(crate) fn new(manifest: &Manifest, options: Options, mount_path: &str) -> Self {
        let options = options.default_server_url(|| {
            let path = Some(mount_path).filter(|path| !path.is_empty());
            path.unwrap_or("/").to_owned()
        });
        let openapi = openapi(manifest.as_json(), &options);
        let asyncapi = asyncapi(manifest.as_json(), &options);
        let asyncapi = asyncapi.map(|asyncapi| Document::new("/asyncapi.json", &asyncapi));
        let openapi = Document::new("/openapi.json", &openapi);
        Self([openapi].into_iter().chain(asyncapi).collect())
    }

    pub(crate) fn find(&self, path: &str) -> Option<&Document> {
        self.0.iter().find(|document| document.path == path)
    }
}

impl Document {
    fn new(path: &'static str, document: &serde_json::Value) -> Self {
        let json = Bytes::from(document.to_string());
        Self {
            path,
            tag: reply::entity_tag(&json),
            json,
        }
    }

    /// Returns the document, or 304 if the client has it.
    pub(crate) fn response(&self, headers: &HeaderMap) -> Response<ReplyBody> {
        reply::with_tag(self.json.clone(), self.tag.clone(), headers)
    }
}
