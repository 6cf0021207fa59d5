//! The receivers of invalidations: observers of the process, and the publisher for the live queries of all processes.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use super::Invalidation;
use crate::error::Error;
use crate::state::StateMap;

/// The future of [`InvalidationPublisher::publish`].
pub type Published = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// Publishes the invalidations of live queries to all processes of the application.
///
/// `mizan-channels` implements it for its `Channels`. [`Registry::invalidation_publisher`] adds it.
///
/// [`Registry::invalidation_publisher`]: crate::Registry::invalidation_publisher
pub trait InvalidationPublisher: Send + Sync + 'static {
    /// Accepts invalidations, which are published even if the returned future is dropped.
    ///
    /// The future resolves when all processes will notice the invalidations, or with an error if that takes too
    /// long. They are still published then, as soon as possible.
    fn publish(&self, invalidations: Vec<Invalidation>) -> Published;
}

/// The receivers of the invalidations of calls, as a value of the application state.
#[derive(Default)]
pub(crate) struct InvalidationObservers {
    observers: Vec<Observer>,
    publisher: Option<Arc<dyn InvalidationPublisher>>,
    /// The names of the live queries.
    live: HashSet<&'static str>,
}

type Observer = Arc<dyn Fn(&Invalidation) + Send + Sync>;

impl InvalidationObservers {
    pub(crate) fn add(&mut self, observer: impl Fn(&Invalidation) + Send + Sync + 'static) {
        self.observers.push(Arc::new(observer));
    }

    pub(crate) fn set_publisher(&mut self, publisher: Arc<dyn InvalidationPublisher>) {
        self.publisher = Some(publisher);
    }

    pub(crate) fn has_publisher(&self) -> bool {
        self.publisher.is_some()
    }

    pub(crate) fn set_live(&mut self, live: HashSet<&'static str>) {
        self.live = live;
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.observers.extend(other.observers);
        self.publisher = other.publisher.or(self.publisher.take());
    }

    /// Notifies the receivers in the application state. Returns a future if live queries are invalidated.
    pub(crate) fn notify_in(state: &StateMap, invalidations: &[Invalidation]) -> Option<Published> {
        if invalidations.is_empty() {
            return None;
        }
        state.get::<Self>()?.notify(invalidations)
    }

    fn notify(&self, invalidations: &[Invalidation]) -> Option<Published> {
        for invalidation in invalidations {
            for observer in &self.observers {
                observer(invalidation);
            }
        }
        let publisher = self.publisher.as_ref()?;
        let is_live = |name: &str| name == "*" || self.live.contains(name);
        let live: Vec<_> = invalidations
            .iter()
            .filter(|invalidation| is_live(invalidation.query()))
            .cloned()
            .collect();
        (!live.is_empty() && !self.live.is_empty()).then(|| publisher.publish(live))
    }
}
