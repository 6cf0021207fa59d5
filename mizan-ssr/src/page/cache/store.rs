//! The store of cached pages.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::policy::CachePolicy;
use super::stored_page::StoredPage;
use super::tag::{CacheTag, Invalidation};

/// The cache of pages that all visitors share, bounded by bytes and entries. Clones share the pages.
///
/// [`Page::cache`](crate::page::Page::cache) stores pages in it. A mutation drops the pages that contain the
/// results that it affects, if the application connects the cache with its registry:
///
/// ```
/// use mizan_ssr::page::PageCache;
///
/// let cache = PageCache::new(64 << 20, 10_000);
/// // In the application: `registry.on_invalidation(move |stale| cache.invalidate(&stale.to_string()))`, and
/// // `PagesBuilder::page_cache`.
/// cache.invalidate("posts");
/// ```
#[derive(Clone)]
pub struct PageCache {
    shared: Arc<Shared>,
}

/// A hash of everything that determines the bytes of a page.
pub(super) type CacheKey = [u8; 32];

struct Shared {
    max_bytes: usize,
    max_entries: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pages: HashMap<CacheKey, Entry>,
    /// The keys in the order in which their eviction is considered. Keys of dropped pages are skipped.
    order: VecDeque<CacheKey>,
    bytes: usize,
    renders: HashMap<CacheKey, Render>,
}

struct Entry {
    page: Arc<StoredPage>,
    tags: Vec<CacheTag>,
    stored_at: Instant,
    max_age: Duration,
    stale: Duration,
    /// Set if the page was sent since its eviction was last considered.
    was_used: bool,
}

/// A page that is rendered for the cache.
struct Render {
    tags: Vec<CacheTag>,
    /// Set if a mutation affected the page after the render began.
    is_outdated: bool,
    done: watch::Receiver<()>,
}

/// The right to render a page for the cache, which one request has at a time.
pub(super) struct RenderPermit {
    cache: PageCache,
    key: CacheKey,
    /// Closed on drop, which wakes waiting requests.
    _done: watch::Sender<()>,
}

pub(super) enum Lookup {
    Fresh(Arc<StoredPage>),
    /// With the permit, the request must render the page again.
    Stale(Arc<StoredPage>, Option<RenderPermit>),
    Missing(RenderPermit),
    /// Another request renders the page; the channel closes when it is done.
    Rendering(watch::Receiver<()>),
}

/// The estimated memory of an entry besides its document.
const ENTRY_BYTES: usize = 512;

impl PageCache {
    /// Creates a cache with at most `max_entries` pages, which have at most `max_bytes` together.
    #[must_use]
    pub fn new(max_bytes: usize, max_entries: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                max_bytes,
                max_entries,
                state: Mutex::default(),
            }),
        }
    }

    /// Drops the pages with a tag that `invalidation` affects; see
    /// [`CacheTag::is_affected_by`](super::CacheTag::is_affected_by). Pages that are being rendered are not stored.
    pub fn invalidate(&self, invalidation: &str) {
        let invalidation = Invalidation::parse(invalidation);
        let is_affected = |tags: &[CacheTag]| tags.iter().any(|tag| tag.is_affected(&invalidation));
        let mut state = self.shared.state.lock();
        for render in state.renders.values_mut() {
            render.is_outdated |= is_affected(&render.tags);
        }
        let State { pages, bytes, .. } = &mut *state;
        pages.retain(|_, entry| {
            let is_kept = !is_affected(&entry.tags);
            if !is_kept {
                *bytes -= entry.bytes();
            }
            is_kept
        });
    }

    /// Drops all pages. Pages that are being rendered are not stored.
    pub fn clear(&self) {
        let mut state = self.shared.state.lock();
        for render in state.renders.values_mut() {
            render.is_outdated = true;
        }
        state.pages.clear();
        state.order.clear();
        state.bytes = 0;
    }

    /// Returns the number of pages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.state.lock().pages.len()
    }

    /// Returns whether the cache contains no page.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn look_up(&self, key: CacheKey, policy: &CachePolicy) -> Lookup {
        let mut state = self.shared.state.lock();
        let found = state.pages.get_mut(&key).and_then(|entry| {
            let age = entry.stored_at.elapsed();
            entry.was_used = true;
            let is_usable = age < entry.max_age + entry.stale;
            is_usable.then(|| (Arc::clone(&entry.page), age < entry.max_age))
        });
        match found {
            Some((page, true)) => Lookup::Fresh(page),
            Some((page, false)) if state.renders.contains_key(&key) => Lookup::Stale(page, None),
            Some((page, false)) => Lookup::Stale(page, Some(self.begin(&mut state, key, policy))),
            None => match state.renders.get(&key) {
                Some(render) => Lookup::Rendering(render.done.clone()),
                None => Lookup::Missing(self.begin(&mut state, key, policy)),
            },
        }
    }

    fn begin(&self, state: &mut State, key: CacheKey, policy: &CachePolicy) -> RenderPermit {
        let (sender, done) = watch::channel(());
        let render = Render {
            tags: policy.tags.clone(),
            is_outdated: false,
            done,
        };
        state.renders.insert(key, render);
        RenderPermit {
            cache: self.clone(),
            key,
            _done: sender,
        }
    }
}

impl RenderPermit {
    /// Stores the page, unless a mutation affected it while it was rendered or it is too large.
    pub(super) fn store(self, page: &Arc<StoredPage>, policy: &CachePolicy) {
        let Shared {
            max_bytes,
            max_entries,
            state,
        } = &*self.cache.shared;
        let mut state = state.lock();
        let is_current = state
            .renders
            .get(&self.key)
            .is_some_and(|render| !render.is_outdated);
        let entry = Entry {
            page: Arc::clone(page),
            tags: policy.tags.clone(),
            stored_at: Instant::now(),
            max_age: policy.max_age,
            stale: policy.stale,
            was_used: false,
        };
        // One page must not replace most of the others.
        if !is_current || *max_entries == 0 || entry.bytes() > max_bytes / 8 {
            return;
        }
        state.bytes += entry.bytes();
        match state.pages.insert(self.key, entry) {
            Some(replaced) => state.bytes -= replaced.bytes(),
            None => state.order.push_back(self.key),
        }
        state.evict(*max_bytes, *max_entries);
    }
}

impl Drop for RenderPermit {
    fn drop(&mut self) {
        self.cache.shared.state.lock().renders.remove(&self.key);
    }
}

impl State {
    /// Evicts pages that were not used lately.
    fn evict(&mut self, max_bytes: usize, max_entries: usize) {
        while self.bytes > max_bytes || self.pages.len() > max_entries {
            let Some(key) = self.order.pop_front() else {
                return;
            };
            match self.pages.get_mut(&key) {
                Some(entry) if entry.was_used => {
                    entry.was_used = false;
                    self.order.push_back(key);
                }
                Some(_) => {
                    if let Some(evicted) = self.pages.remove(&key) {
                        self.bytes -= evicted.bytes();
                    }
                }
                None => {}
            }
        }
        // A page that was dropped and stored again has several keys in the order.
        if self.order.len() > 2 * self.pages.len() + 16 {
            self.order = self.pages.keys().copied().collect();
        }
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        self.page.bytes() + ENTRY_BYTES
    }
}

impl fmt::Debug for PageCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageCache")
            .field("pages", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{CachePolicy, ENTRY_BYTES, Lookup, PageCache, StoredPage};

    fn store(cache: &PageCache, key: u8, bytes: usize) {
        let policy = CachePolicy::max_age(Duration::from_secs(60)).tag("posts");
        if let Lookup::Missing(permit) = cache.look_up([key; 32], &policy) {
            let page = Arc::new(StoredPage::new("x".repeat(bytes), None));
            permit.store(&page, &policy);
        }
    }

    fn contains(cache: &PageCache, key: u8) -> bool {
        cache.shared.state.lock().pages.contains_key(&[key; 32])
    }

    #[test]
    fn evicts_unused_pages_above_limits() {
        let cache = PageCache::new(10 * (100 + ENTRY_BYTES), 4);
        for key in 0..4 {
            store(&cache, key, 100);
        }
        // Uses the first page.
        store(&cache, 0, 100);
        store(&cache, 4, 100);
        assert!(contains(&cache, 0) && !contains(&cache, 1) && contains(&cache, 4));
        for key in 0..100 {
            store(&cache, key, 100);
            let state = cache.shared.state.lock();
            assert!(state.pages.len() <= 4 && state.order.len() <= 24);
        }
        let cache = PageCache::new(10 * (100 + ENTRY_BYTES), 1000);
        for key in 0..100 {
            store(&cache, key, 100);
        }
        let state = cache.shared.state.lock();
        assert_eq!(
            (state.pages.len(), state.bytes),
            (10, 10 * (100 + ENTRY_BYTES))
        );
    }

    #[test]
    fn rejects_pages_that_would_replace_most_others() {
        let cache = PageCache::new(8 * 1000, 10);
        store(&cache, 1, 1000);
        assert!(cache.is_empty());
        store(&cache, 1, 1000 - ENTRY_BYTES);
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn repeated_invalidations_do_not_accumulate_keys() {
        let cache = PageCache::new(1 << 20, 10);
        for _ in 0..100 {
            store(&cache, 1, 10);
            cache.invalidate("posts");
        }
        let state = cache.shared.state.lock();
        assert!(state.order.len() <= 24 && state.bytes == 0 && state.renders.is_empty());
    }
}
