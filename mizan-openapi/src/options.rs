//! The settings of a document that a manifest does not contain.

/// The settings of a document.
///
/// ```
/// use mizan_openapi::{Authentication, Options};
///
/// let options = Options::default()
///     .title("Chat")
///     .server_url("https://example.com/api/mizan")
///     .authentication([Authentication::Bearer]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub(crate) title: String,
    pub(crate) version: Option<String>,
    pub(crate) server_url: Option<String>,
    pub(crate) authentication: Vec<Authentication>,
}

/// A way in which callers authenticate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// A session cookie with this name. The one of mizan-auth is `__Host-mizan_session`, or
    /// `mizan_session` if the base URL is not `https`.
    Cookie(String),
    /// A token in the `Authorization` header (RFC 6750).
    Bearer,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            title: "API".to_owned(),
            version: None,
            server_url: None,
            authentication: vec![Authentication::Cookie("__Host-mizan_session".to_owned())],
        }
    }
}

impl Options {
    /// Sets the title of the API, by default `API`.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets the version of the API. By default, it is the contract of the manifest, which changes whenever
    /// the API changes.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the URL under which the service is mounted. By default, it is the mount path of mizan-http if that
    /// serves the document, and else `/api/mizan`.
    ///
    /// A URL without a host is relative to the location of the document.
    #[must_use]
    pub fn server_url(mut self, url: impl Into<String>) -> Self {
        self.server_url = Some(url.into());
        self
    }

    /// Sets the URL under which the service is mounted, unless [`server_url`](Self::server_url) has set one.
    #[must_use]
    pub fn default_server_url(mut self, url: impl FnOnce() -> String) -> Self {
        self.server_url.get_or_insert_with(url);
        self
    }

    /// Sets the ways in which callers authenticate, by default the session cookie of mizan-auth. An empty list means that no caller can.
    #[must_use]
    pub fn authentication(mut self, ways: impl IntoIterator<Item = Authentication>) -> Self {
        self.authentication = ways.into_iter().collect();
        self
    }
}
