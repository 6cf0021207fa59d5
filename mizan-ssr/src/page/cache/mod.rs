//! Pages that all visitors share, rendered once for many requests.

pub(super) mod policy;
pub(super) mod store;
mod stored_page;
mod tag;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_SECURITY_POLICY, ETAG};
use http::{HeaderValue, Method, Response, StatusCode, Uri};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

pub use self::policy::CachePolicy;
pub use self::store::PageCache;
pub use self::tag::CacheTag;

use self::store::{CacheKey, Lookup, RenderPermit};
use self::stored_page::StoredPage;
use super::body::PageBody;
use super::csp::Nonce;
use super::headers;
use super::navigation::RequestKind;
use super::pages::Pages;
use super::response::Page;
use crate::error::RenderError;
use crate::log_text::log_text;

impl Page<'_> {
    /// Caches the page for all visitors.
    ///
    /// A request for a page that is cached needs no render, and requests for the same page share one render. The
    /// page is stored with its component, props, title, head, path, and the query parameters that the policy
    /// names, in the cache of [`PagesBuilder::page_cache`](super::PagesBuilder::page_cache). It is complete as with
    /// [`whole`](Self::whole). Errors, answers without markup, and pages in which a component or a server function
    /// failed are not stored.
    ///
    /// Without a nonce, the response has an `ETag`, and a request that has the current page receives 304. With a
    /// content security policy, each response has another nonce, so it has no `ETag`. Browsers revalidate the page
    /// before each use, because a mutation can drop it at any time.
    ///
    /// The page must not depend on the visitor. A page with [`functions`](Self::functions), which may run on behalf
    /// of a user, is not cached, and a warning is logged; use [`public_functions`](Self::public_functions). A page
    /// with a form is not cached either, because its submission token belongs to one visitor.
    pub fn cache(mut self, policy: CachePolicy) -> Self {
        self.cache_policy = Some(policy);
        self
    }

    /// Renders the page, or takes it from the cache.
    pub(super) async fn render_or_reuse(mut self) -> Result<Response<PageBody>, RenderError> {
        let policy = self.cache_policy.take();
        let Some(policy) = policy.filter(|_| self.observer.is_none()) else {
            return self.render().await;
        };
        if self.is_private() {
            tracing::warn!(
                component = self.parts.path,
                "not caching a page with functions that may run on behalf of a user; use `Page::public_functions`"
            );
            return self.render().await;
        }
        // The data for a navigation differs from the document.
        if self.kind != RequestKind::Document
            || !matches!(self.method, Method::GET | Method::HEAD)
            || self.parts.pages.renderer.development()
        {
            return self.render().await;
        }
        let cache = self.parts.pages.cache.clone();
        let key = self.cache_key(&policy);
        let mut lookup = cache.look_up(key, &policy);
        if let Lookup::Rendering(mut done) = lookup {
            // The channel closes without a value.
            let _ = done.changed().await;
            lookup = cache.look_up(key, &policy);
        }
        match lookup {
            Lookup::Fresh(page) | Lookup::Stale(page, None) => Ok(self.reuse(&page)),
            Lookup::Stale(page, Some(permit)) => {
                self.revalidate(permit, policy);
                Ok(self.reuse(&page))
            }
            Lookup::Missing(permit) => {
                let page = self.fill(permit, &policy).await?;
                Ok(self.reuse(&page))
            }
            // The render of the other request was not stored, so this one does not wait again.
            Lookup::Rendering(_) => self.render().await,
        }
    }

    /// Returns a hash of everything that determines the bytes of the page.
    fn cache_key(&self, policy: &CachePolicy) -> CacheKey {
        let parts = &self.parts;
        let (path, query) = self
            .uri
            .as_ref()
            .map(|uri| canonical(uri, policy))
            .unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(parts.pages.id.as_bytes());
        let fields: [&str; 7] = [
            parts.path,
            &parts.props,
            parts.title.as_deref().unwrap_or_default(),
            &parts.head,
            self.status.as_str(),
            &path,
            &query,
        ];
        for field in fields {
            hash.update(field.len().to_le_bytes());
            hash.update(field);
        }
        let has_title = parts.title.is_some();
        hash.update([u8::from(has_title), u8::from(self.needs_nonce())]);
        hash.finalize().into()
    }

    fn needs_nonce(&self) -> bool {
        self.parts.pages.csp.is_some() || self.parts.nonce.is_some()
    }

    /// Renders the page for the cache.
    async fn fill(
        &mut self,
        permit: RenderPermit,
        policy: &CachePolicy,
    ) -> Result<Arc<StoredPage>, RenderError> {
        let nonce = self.parts.nonce.take();
        // A random value occurs in the document only where the renderer wrote it.
        let needs_nonce = self.parts.pages.csp.is_some() || nonce.is_some();
        let marker = needs_nonce.then(Nonce::random);
        self.parts.nonce.clone_from(&marker);
        let again = self.component_again();
        let component = std::mem::replace(&mut self.component, again);
        let rendered = self.parts.whole_document(component).await;
        self.parts.nonce = nonce;
        let rendered = rendered?;
        let page = Arc::new(StoredPage::new(rendered.html, marker.as_ref()));
        if rendered.has_form {
            tracing::warn!(
                component = self.parts.path,
                "not caching a page with a form, because its submission token belongs to one visitor"
            );
        } else if !rendered.has_failures {
            permit.store(&page, policy);
        }
        Ok(page)
    }

    /// Renders the page for the cache in the background.
    fn revalidate(&self, permit: RenderPermit, policy: CachePolicy) {
        let pages = Pages {
            shared: Arc::clone(self.parts.pages),
        };
        let path = self.parts.path.to_owned();
        let (props, title, head) = (
            self.parts.props.clone(),
            self.parts.title.clone(),
            self.parts.head.clone(),
        );
        let (functions, nonce) = (self.functions.clone(), self.parts.nonce.clone());
        tokio::spawn(async move {
            let mut page = pages.page(&path);
            page.component = page
                .component
                .props_json(props.clone())
                .shared_functions(functions);
            page.parts.props = props;
            page.parts.title = title;
            page.parts.head = head;
            page.parts.nonce = nonce;
            if let Err(error) = page.fill(permit, &policy).await {
                tracing::error!(component = path, error = %log_text(&error), "rendering a stale page again failed");
            }
        });
    }

    /// Returns the response with a stored page.
    fn reuse(&self, page: &StoredPage) -> Response<PageBody> {
        let content_type = "text/html; charset=utf-8";
        if let Some(etag) = &page.etag {
            let is_current = self
                .if_none_match
                .as_ref()
                .is_some_and(|tags| matches(tags, etag));
            let mut response = if is_current {
                let mut response = Response::new(PageBody::empty());
                *response.status_mut() = StatusCode::NOT_MODIFIED;
                response
            } else {
                headers::response(
                    self.status,
                    content_type,
                    PageBody::complete(page.document(None)),
                )
            };
            response.headers_mut().insert(ETAG, etag.clone());
            return response;
        }
        let nonce = self.parts.nonce.clone().unwrap_or_else(Nonce::random);
        let document: Bytes = page.document(Some(&nonce));
        let mut response =
            headers::response(self.status, content_type, PageBody::complete(document));
        if let Some(csp) = &self.parts.pages.csp {
            response
                .headers_mut()
                .insert(CONTENT_SECURITY_POLICY, csp.header(&nonce));
        }
        response
    }
}

/// Compares entity tags weakly (RFC 9110, section 8.8.3.2).
fn matches(if_none_match: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(tags), Ok(etag)) = (if_none_match.to_str(), etag.to_str()) else {
        return false;
    };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.trim() == "*" || tags.split(',').any(|tag| opaque(tag) == opaque(etag))
}

/// Returns the path, and the query parameters on which the page depends, in the order of their names.
fn canonical(uri: &Uri, policy: &CachePolicy) -> (String, String) {
    let mut parameters: Vec<_> = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .filter(|(name, _)| policy.query.iter().any(|allowed| allowed == name))
        .collect();
    // The order of parameters with the same name is kept.
    parameters.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    (uri.path().to_owned(), query.finish())
}
