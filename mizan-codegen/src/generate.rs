use crate::error::GenerateError;
use crate::files::Files;
use crate::manifest::Manifest;
use crate::plan::plan;
use crate::typescript;

/// Generates the client of an app.
///
/// The same manifest always gives the same bytes.
///
/// # Errors
///
/// [`GenerateError`] when the manifest holds something that has no TypeScript; it names each of
/// them, and the way out.
pub fn generate(manifest: &Manifest) -> Result<Files, GenerateError> {
    let mut files = typescript::print(&plan(manifest)?);
    files.insert("manifest.json", manifest_json(manifest));
    Ok(files)
}

fn manifest_json(manifest: &Manifest) -> String {
    let json = serde_json::to_string_pretty(manifest)
        .expect("a manifest has strings for keys, and nothing else makes JSON fail");
    json + "\n"
}
