//! The settings with which a page is cached.

use std::time::Duration;

use super::tag::CacheTag;

/// The settings with which [`Page::cache`](crate::page::Page::cache) caches a page.
///
/// ```
/// use std::time::Duration;
///
/// use mizan_ssr::page::{CachePolicy, CacheTag};
///
/// let policy = CachePolicy::max_age(Duration::from_secs(60))
///     .stale_while_revalidate(Duration::from_secs(600))
///     .tag(CacheTag::query("post").with("id", 7))
///     .tag("posts")
///     .query("page");
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass the policy to `Page::cache`"]
pub struct CachePolicy {
    pub(super) max_age: Duration,
    pub(super) stale: Duration,
    pub(super) tags: Vec<CacheTag>,
    pub(super) query: Vec<String>,
}

impl CachePolicy {
    /// Caches a page for this time.
    pub fn max_age(max_age: Duration) -> Self {
        Self {
            max_age,
            stale: Duration::ZERO,
            tags: Vec::new(),
            query: Vec::new(),
        }
    }

    /// Also sends the page for this time after its maximum age, while it is rendered again in the background.
    pub fn stale_while_revalidate(mut self, duration: Duration) -> Self {
        self.stale = duration;
        self
    }

    /// Adds a query whose results the page contains. A mutation that affects it drops the page; see
    /// [`PageCache::invalidate`](super::PageCache::invalidate).
    pub fn tag(mut self, tag: impl Into<CacheTag>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Adds the name of a query parameter on which the page depends. Other parameters are ignored, so that
    /// requests with arbitrary parameters do not fill the cache.
    pub fn query(mut self, parameter: impl Into<String>) -> Self {
        self.query.push(parameter.into());
        self
    }
}
