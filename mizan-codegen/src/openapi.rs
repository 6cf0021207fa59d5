//! The descriptions of an app for clients in other languages.

use serde_json::Value;

use crate::manifest::Manifest;
use crate::output::GeneratedFiles;

impl GeneratedFiles {
    /// Adds `openapi.json`, and `asyncapi.json` for an app with channels.
    ///
    /// ```
    /// use mizan_codegen::{Manifest, generate};
    /// use mizan_openapi::Options;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let json = r#"{ "mizan": 1, "contract": "9f86d081884c7d65", "codes": [], "functions": [] }"#;
    /// let manifest = Manifest::parse(json)?;
    /// let options = Options::default().title("Blog");
    /// let files = generate(&manifest)?.with_openapi(&manifest, &options);
    /// assert!(files.get("openapi.json").is_some());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_openapi(mut self, manifest: &Manifest, options: &mizan_openapi::Options) -> Self {
        let manifest = serde_json::to_value(manifest)
            .expect("serializing a manifest cannot fail, because all of its maps have string keys");
        let openapi = mizan_openapi::openapi(&manifest, options);
        self.insert("openapi.json", text(&openapi));
        if let Some(asyncapi) = mizan_openapi::asyncapi(&manifest, options) {
            self.insert("asyncapi.json", text(&asyncapi));
        }
        self
    }
}

fn text(document: &Value) -> String {
    format!("{document:#}\n")
}
