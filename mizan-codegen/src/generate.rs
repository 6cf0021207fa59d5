//! Generation of a client from a manifest.

use std::fmt;

use crate::declaration_maps;
use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;
use crate::options::GenerateOptions;
use crate::output::GeneratedFiles;
use crate::plan::plan;
use crate::typescript;

/// Generates the client of an app.
///
/// The same manifest always produces the same bytes.
///
/// ```
/// use mizan_codegen::{Manifest, generate};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let json = r#"{ "mizan": 1, "contract": "9f86d081884c7d65", "codes": [], "functions": [] }"#;
/// let files = generate(&Manifest::parse(json)?)?;
/// assert!(files.get("client.ts").is_some());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns [`GenerateError`] if the manifest contains items that cannot be expressed in TypeScript.
/// The error lists all of them, each with a way to resolve it.
pub fn generate(manifest: &Manifest) -> Result<GeneratedFiles, GenerateError> {
    GenerateOptions::default().generate(manifest)
}

impl GenerateOptions {
    /// Generates the client of an app with these options. See [`generate`].
    ///
    /// # Errors
    ///
    /// Returns [`GenerateError`] if the manifest contains items that cannot be expressed in
    /// TypeScript.
    pub fn generate(&self, manifest: &Manifest) -> Result<GeneratedFiles, GenerateError> {
        let plan = plan(manifest, self).map_err(|diagnostics| GenerateError { diagnostics })?;
        let mut files = typescript::print(&plan);
        if let Some(root) = &self.declaration_maps {
            declaration_maps::add(&mut files, &plan, root);
        }
        if !self.type_check {
            typescript::disable_type_checks(&mut files);
        }
        files.insert("manifest.json", manifest_json(manifest));
        Ok(files)
    }
}

fn manifest_json(manifest: &Manifest) -> String {
    let json = serde_json::to_string_pretty(manifest)
        .expect("serializing a manifest cannot fail, because all of its maps have string keys");
    json + "\n"
}

/// An error from generating a client: the manifest contains items without a TypeScript equivalent.
///
/// Its `Display` output has one line per item, in the order of the manifest.
#[derive(Debug)]
pub struct GenerateError {
    diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for GenerateError {}
