//! Static export: pages rendered into files, for any server of static files.

mod error;
mod output;
mod site;

use std::fmt;
use std::path::Path;

use bytes::Buf;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

pub use self::error::PrerenderError;
use self::error::{PrerenderErrorKind, RefusedPage};
use self::output::{OutputFolder, file_of_path};
use self::site::render_page;
use crate::page::PageBody;
use crate::vite::Vite;

/// The path that is requested for the page of unknown paths.
const NOT_FOUND_PATH: &str = "/404.html";

/// A static export of pages.
///
/// The service that answers the requests of visitors, usually the application's router, renders each path for a
/// visitor who is not signed in. `/posts/7/` becomes `posts/7/index.html`, and the page of
/// [`PagesBuilder::not_found`](crate::page::PagesBuilder::not_found) becomes `404.html`. The pages are complete, need no
/// JavaScript, and hydrate with the browser files of [`files`](Self::files).
///
/// ```no_run
/// use axum::Router;
/// use mizan_ssr::Vite;
/// use mizan_ssr::prerender::{Prerender, PrerenderError};
///
/// async fn export(router: Router, vite: &Vite) -> Result<(), PrerenderError> {
///     let summary = Prerender::new(router)
///         .paths(["/", "/about/"])
///         .paths((1..=100).map(|id| format!("/posts/{id}/")))
///         .files(vite)
///         .progress(|path| println!("{path}"))
///         .write("target/site")
///         .await?;
///     println!("{summary}"); // 103 pages, 41 browser files
///     Ok(())
/// }
/// ```
///
/// A file cannot depend on its visitor, so the export refuses a page in which a server function failed, for example
/// because it needs a user, and a page with a form, whose submission token belongs to one visitor. It also
/// refuses redirects, other statuses than 200, and responses that set a cookie. Handlers have to pass the request to
/// [`Page::request`](crate::page::Page::request).
///
/// The files contain no nonce, and the server of the files sets the content security policy, which allows the inline script
/// of the pages by its hash, [`RECOVERY_SCRIPT_HASH`](crate::page::RECOVERY_SCRIPT_HASH).
#[must_use = "the export does nothing until `write` is called"]
pub struct Prerender<S> {
    site: S,
    paths: Vec<String>,
    vite: Option<Vite>,
    parallel: usize,
    progress: Box<dyn Fn(&str) + Send + Sync>,
}

/// The result of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrerenderSummary {
    /// The number of pages, with the page for unknown paths.
    pub pages: usize,
    /// The number of browser files.
    pub files: usize,
}

impl<S> Prerender<S> {
    /// Creates an export of the pages that `site` answers.
    pub fn new(site: S) -> Self {
        Self {
            site,
            paths: Vec::new(),
            vite: None,
            parallel: 4,
            progress: Box::new(|_| {}),
        }
    }

    /// Adds paths, encoded as in URLs: `/posts/7/`. Paths that were added before are skipped.
    pub fn paths(mut self, paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        for path in paths {
            let path = path.into();
            if !self.paths.contains(&path) {
                self.paths.push(path);
            }
        }
        self
    }

    /// Adds the files of Vite's build, below the path [`Vite::base`]. With the URL of another origin as the base, no
    /// files are added.
    pub fn files(mut self, vite: &Vite) -> Self {
        self.vite = Some(vite.clone());
        self
    }

    /// Sets the number of pages that are rendered at the same time. The default is 4.
    pub fn parallel(mut self, pages: usize) -> Self {
        self.parallel = pages.max(1);
        self
    }

    /// Sets the function that receives each path once its page is written.
    pub fn progress(mut self, progress: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Renders the pages, and writes them and the browser files to `directory`, which must be empty or not exist.
    ///
    /// # Errors
    ///
    /// Returns [`PrerenderError`] with all refused pages, or if a file cannot be written. The directory contains no
    /// files then.
    pub async fn write<R>(
        self,
        directory: impl AsRef<Path>,
    ) -> Result<PrerenderSummary, PrerenderError>
    where
        S: Service<Request<PageBody>, Response = Response<R>> + Clone,
        S::Error: fmt::Display,
        R: Body,
        R::Data: Buf,
        R::Error: fmt::Display,
    {
        let output = OutputFolder::create(directory.as_ref()).await?;
        match self.write_files(&output).await {
            Ok(summary) => Ok(summary),
            Err(error) => {
                output.clear().await;
                Err(error)
            }
        }
    }

    async fn write_files<R>(
        &self,
        output: &OutputFolder,
    ) -> Result<PrerenderSummary, PrerenderError>
    where
        S: Service<Request<PageBody>, Response = Response<R>> + Clone,
        S::Error: fmt::Display,
        R: Body,
        R::Data: Buf,
        R::Error: fmt::Display,
    {
        let mut files = 0;
        if let Some(vite) = &self.vite {
            let built = vite.built_files().map_err(PrerenderErrorKind::Vite)?;
            for (path, content) in built.unwrap_or_default() {
                output.write(&path, &content).await?;
                files += 1;
            }
        }
        let mut targets: Vec<(&str, String)> = Vec::with_capacity(self.paths.len() + 1);
        for path in &self.paths {
            targets.push((path, file_of_path(path)?));
        }
        targets.push((NOT_FOUND_PATH, "404.html".to_owned()));
        let render = async |(path, file): (&str, String)| {
            let html = match render_page(self.site.clone(), path, path == NOT_FOUND_PATH).await {
                Ok(html) => html,
                Err(reason) => {
                    let path = path.to_owned();
                    return Ok(Some(RefusedPage { path, reason }));
                }
            };
            output.write(&file, &html).await?;
            (self.progress)(path);
            Ok(None)
        };
        let pages = targets.len();
        let results: Vec<Option<RefusedPage>> = stream::iter(targets)
            .map(render)
            .buffered(self.parallel)
            .try_collect()
            .await
            .map_err(|error: PrerenderErrorKind| error)?;
        let refused: Vec<_> = results.into_iter().flatten().collect();
        if !refused.is_empty() {
            return Err(PrerenderErrorKind::Refused(refused).into());
        }
        Ok(PrerenderSummary { pages, files })
    }
}

impl<S> fmt::Debug for Prerender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prerender")
            .field("paths", &self.paths)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for PrerenderSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pages, files } = self;
        write!(f, "{pages} pages, {files} browser files")
    }
}
