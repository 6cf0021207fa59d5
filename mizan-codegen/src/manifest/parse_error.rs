//! The error type of the manifest parser.

/// An error from parsing a manifest.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ManifestError {
    #[from]
    kind: ManifestErrorKind,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ManifestErrorKind {
    #[error("not a mizan manifest")]
    Json(#[source] serde_json::Error),
    #[error(
        "unsupported manifest version {found} (this mizan-codegen reads version {supported}): use \
         the same mizan release for the app and for mizan-codegen"
    )]
    Version { found: u64, supported: u64 },
}
