//! A bounded, fair queue for the threads that hash passwords.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use mizan_core::{Error, ErrorCode};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// The `Retry-After` of a caller that is rejected because the queue is full.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(2);

/// An error: too many passwords are waiting to be hashed.
///
/// It becomes `unavailable` (503 with `Retry-After`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HashQueueFull;

impl From<HashQueueFull> for Error {
    fn from(_: HashQueueFull) -> Self {
        Self::new(
            ErrorCode::Unavailable,
            "too many people are signing in; try again in a moment",
        )
        .with_retry_after(RETRY_AFTER)
    }
}

/// The client that a queue entry belongs to.
///
/// The queue alternates between clients, regardless of the number of entries of each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum QueueClient {
    /// The application itself.
    Application,
    /// The known callers of an account.
    Account(String),
    /// The unknown callers of one network, or all callers without a network address.
    Network(Option<IpNet>),
}

/// A request for a permit of the queue.
#[derive(Clone, Debug)]
pub(crate) struct QueueEntry {
    client: QueueClient,
    cancelled: CancellationToken,
}

impl QueueEntry {
    /// Creates an entry that leaves the queue when `cancelled` is cancelled.
    pub(crate) fn new(client: QueueClient, cancelled: CancellationToken) -> Self {
        Self { client, cancelled }
    }

    /// Creates an entry of the application itself.
    pub(crate) fn application() -> Self {
        Self::new(QueueClient::Application, CancellationToken::new())
    }
}

/// Every fourth permit goes to the lane of unknown callers, even if known callers wait.
const UNKNOWN_LANE_INTERVAL: u32 = 4;

/// A fixed number of permits, each with a resource `T`, and a fair queue for them.
///
/// Known and unknown callers wait in separate lanes of bounded length. When a lane is full, the client
/// with the most entries loses its latest entry to a client with fewer. A client can use the capacity that no
/// other client needs, but its flood cannot exclude other clients.
pub(super) struct FairQueue<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    free: Vec<T>,
    known: Lane<T>,
    unknown: Lane<T>,
    grants: u32,
}

/// The permission to use a resource. Dropping it passes the resource to the next entry in the queue.
pub(super) struct Permit<T> {
    resource: Option<T>,
    state: Arc<Mutex<State<T>>>,
}

impl<T> FairQueue<T> {
    /// Creates a queue for the `resources`, with at most `capacity` entries in each lane.
    pub(super) fn new(resources: impl IntoIterator<Item = T>, capacity: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: resources.into_iter().collect(),
            known: Lane::new(capacity),
            unknown: Lane::new(capacity),
            grants: 0,
        })))
    }

    /// Waits for a permit.
    ///
    /// # Errors
    ///
    /// Returns [`HashQueueFull`] if the lane is full, if another client displaced the entry, or if the entry was
    /// cancelled.
    pub(super) async fn acquire(&self, entry: &QueueEntry) -> Result<Permit<T>, HashQueueFull> {
        if entry.cancelled.is_cancelled() {
            return Err(HashQueueFull);
        }
        let permit = {
            let mut state = self.0.lock();
            if let Some(resource) = state.free.pop() {
                return Ok(Permit {
                    resource: Some(resource),
                    state: Arc::clone(&self.0),
                });
            }
            let (sender, receiver) = oneshot::channel();
            let lane = match entry.client {
                QueueClient::Application | QueueClient::Account(_) => &mut state.known,
                QueueClient::Network(_) => &mut state.unknown,
            };
            lane.push(&entry.client, sender)?;
            receiver
        };
        let permit = entry.cancelled.run_until_cancelled(permit).await;
        permit.and_then(Result::ok).ok_or(HashQueueFull)
    }

    /// Returns the number of free permits.
    pub(super) fn free_permits(&self) -> usize {
        self.0.lock().free.len()
    }
}

impl<T> State<T> {
    /// Removes the next entry from the queue.
    fn pop(&mut self) -> Option<PermitSender<T>> {
        self.grants = self.grants.wrapping_add(1);
        let [first, second] = if self.grants.is_multiple_of(UNKNOWN_LANE_INTERVAL) {
            [&mut self.unknown, &mut self.known]
        } else {
            [&mut self.known, &mut self.unknown]
        };
        first.pop().or_else(|| second.pop())
    }
}

impl<T> Permit<T> {
    pub(super) fn resource(&mut self) -> &mut T {
        self.resource
            .as_mut()
            .expect("a permit has its resource until it is dropped")
    }
}

impl<T> Drop for Permit<T> {
    fn drop(&mut self) {
        // Empty if the resource has already been passed on.
        let Some(resource) = self.resource.take() else {
            return;
        };
        let mut state = self.state.lock();
        let mut permit = Self {
            resource: Some(resource),
            state: Arc::clone(&self.state),
        };
        while let Some(next) = state.pop() {
            match next.send(permit) {
                Ok(()) => return,
                // The caller disconnected while it waited.
                Err(returned) => permit = returned,
            }
        }
        state.free.extend(permit.resource.take());
    }
}

type PermitSender<T> = oneshot::Sender<Permit<T>>;

/// The waiting entries of known or of unknown callers, grouped by client.
struct Lane<T> {
    capacity: usize,
    len: usize,
    /// The clients with entries, in the order of their turns.
    turns: VecDeque<QueueClient>,
    by_client: HashMap<QueueClient, VecDeque<PermitSender<T>>>,
}

impl<T> Lane<T> {
    fn new(capacity: usize) -> Self {
        Self {
            capacity,
            len: 0,
            turns: VecDeque::new(),
            by_client: HashMap::new(),
        }
    }

    fn push(&mut self, client: &QueueClient, permit: PermitSender<T>) -> Result<(), HashQueueFull> {
        if self.len >= self.capacity {
            self.remove_abandoned();
        }
        if self.len >= self.capacity {
            self.make_room_for(client)?;
        }
        self.len += 1;
        let entries = self.by_client.entry(client.clone()).or_insert_with(|| {
            self.turns.push_back(client.clone());
            VecDeque::new()
        });
        entries.push_back(permit);
        Ok(())
    }

    fn pop(&mut self) -> Option<PermitSender<T>> {
        let client = self.turns.pop_front()?;
        let entries = self.by_client.get_mut(&client)?;
        let next = entries.pop_front();
        if entries.is_empty() {
            self.by_client.remove(&client);
        } else {
            self.turns.push_back(client);
        }
        self.len -= usize::from(next.is_some());
        next
    }

    /// Removes the entries of callers that no longer wait.
    fn remove_abandoned(&mut self) {
        for entries in self.by_client.values_mut() {
            entries.retain(|permit| !permit.is_closed());
        }
        self.by_client.retain(|_, entries| !entries.is_empty());
        self.turns
            .retain(|client| self.by_client.contains_key(client));
        self.len = self.by_client.values().map(VecDeque::len).sum();
    }

    /// Removes the latest entry of the client with the most entries, if that client has more entries than
    /// `client` would have with one more.
    fn make_room_for(&mut self, client: &QueueClient) -> Result<(), HashQueueFull> {
        let own = self.by_client.get(client).map_or(0, VecDeque::len);
        let longest = self.by_client.values_mut().max_by_key(|it| it.len());
        let longest = longest
            .filter(|it| it.len() > own + 1)
            .ok_or(HashQueueFull)?;
        drop(longest.pop_back());
        self.len -= 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;

    use super::*;

    type PendingPermit<'a> = BoxFuture<'a, Result<Permit<u32>, HashQueueFull>>;

    fn network(number: u8) -> QueueClient {
        let network = format!("10.0.0.{number}/32");
        QueueClient::Network(Some(network.parse().unwrap()))
    }

    fn account(name: &str) -> QueueClient {
        QueueClient::Account(name.to_owned())
    }

    /// Adds an entry to the queue by polling the future once.
    fn join(queue: &FairQueue<u32>, client: QueueClient) -> PendingPermit<'_> {
        join_cancellable(queue, client, CancellationToken::new())
    }

    fn join_cancellable(
        queue: &FairQueue<u32>,
        client: QueueClient,
        cancelled: CancellationToken,
    ) -> PendingPermit<'_> {
        let entry = QueueEntry::new(client, cancelled);
        let mut permit = async move { queue.acquire(&entry).await }.boxed();
        match (&mut permit).now_or_never() {
            None => permit,
            Some(outcome) => futures_util::future::ready(outcome).boxed(),
        }
    }

    fn is_rejected(wait: PendingPermit<'_>) -> bool {
        matches!(wait.now_or_never(), Some(Err(HashQueueFull)))
    }

    /// Passes the permit from entry to entry and returns the names in that order.
    fn grant_order<'a>(
        permit: Permit<u32>,
        mut waiting: Vec<(&'a str, PendingPermit<'_>)>,
    ) -> Vec<&'a str> {
        let mut order = Vec::new();
        drop(permit);
        loop {
            let ready = waiting.iter_mut().enumerate().find_map(|(at, (_, wait))| {
                let permit = wait.now_or_never()?;
                Some((at, permit))
            });
            let Some((at, permit)) = ready else {
                return order;
            };
            order.push(waiting.remove(at).0);
            drop(permit);
        }
    }

    #[test]
    fn alternates_between_networks() {
        let queue = FairQueue::new([0], 100);
        let permit = join(&queue, network(9)).now_or_never().unwrap().unwrap();
        let mut waiting = Vec::new();
        for _ in 0..4 {
            waiting.push(("flood", join(&queue, network(1))));
        }
        waiting.push(("ada", join(&queue, network(2))));
        waiting.push(("eve", join(&queue, network(3))));
        let order = grant_order(permit, waiting);
        assert_eq!(order, ["flood", "ada", "eve", "flood", "flood", "flood"]);
        assert_eq!(queue.free_permits(), 1);
    }

    #[test]
    fn prefers_known_callers_without_starving_unknown_ones() {
        let queue = FairQueue::new([0], 100);
        let permit = join(&queue, network(9)).now_or_never().unwrap().unwrap();
        let mut waiting = Vec::new();
        for number in 0..2 {
            waiting.push(("unknown", join(&queue, network(number))));
        }
        for name in ["a", "b", "c", "d", "e"] {
            waiting.push(("known", join(&queue, account(name))));
        }
        let order = grant_order(permit, waiting);
        assert_eq!(
            order,
            [
                "known", "known", "known", "unknown", "known", "known", "unknown"
            ]
        );
    }

    #[test]
    fn other_networks_displace_entries_of_a_flood() {
        let queue = FairQueue::new([0], 4);
        let permit = join(&queue, network(9)).now_or_never().unwrap().unwrap();
        let flood: Vec<_> = (0..10).map(|_| join(&queue, network(1))).collect();
        let ada = join(&queue, network(2));
        let eve = join(&queue, network(3));
        let beyond = join(&queue, network(4));
        // The flood keeps as many entries as the other clients have.
        let refused = flood
            .into_iter()
            .map(is_rejected)
            .filter(|rejected| *rejected)
            .count();
        assert_eq!(refused, 9);
        assert!(!is_rejected(beyond));
        drop((ada, eve, permit));
    }

    #[test]
    fn lanes_are_bounded() {
        let queue = FairQueue::new([0], 4);
        let _permit = join(&queue, network(9)).now_or_never().unwrap().unwrap();
        let waiting: Vec<_> = (0..100).map(|n| join(&queue, network(n))).collect();
        assert_eq!(
            waiting
                .into_iter()
                .map(is_rejected)
                .filter(|it| *it)
                .count(),
            96
        );
    }

    #[test]
    fn flood_of_unknown_callers_does_not_fill_the_known_lane() {
        let queue = FairQueue::new([0], 4);
        let permit = join(&queue, network(9)).now_or_never().unwrap().unwrap();
        let _flood: Vec<_> = (0..100).map(|n| join(&queue, network(n))).collect();
        let mut ada = join(&queue, account("ada"));
        assert!((&mut ada).now_or_never().is_none());
        drop(permit);
        assert!(ada.now_or_never().unwrap().is_ok());
    }

    #[test]
    fn abandoned_entries_are_skipped_and_free_their_capacity() {
        let queue = FairQueue::new([0], 2);
        let permit = join(&queue, network(9)).now_or_never().unwrap().unwrap();
        let cancellation = CancellationToken::new();
        let cancelled = join_cancellable(&queue, network(1), cancellation.clone());
        let dropped = join(&queue, network(1));
        assert!(is_rejected(join(&queue, network(1))));
        cancellation.cancel();
        assert!(is_rejected(cancelled));
        drop(dropped);
        let mut third = join(&queue, network(1));
        assert!((&mut third).now_or_never().is_none());
        drop(permit);
        drop(third.now_or_never().unwrap().unwrap());
        assert_eq!(queue.free_permits(), 1);
        assert!(is_rejected(join_cancellable(
            &queue,
            network(1),
            cancellation
        )));
    }

    /// A caller disconnects between the sending and the receipt of its permit.
    #[test]
    fn permits_of_departed_callers_go_to_the_next_entry() {
        let queue = FairQueue::new([0], 2);
        let permit = join(&queue, network(9)).now_or_never().unwrap().unwrap();
        let first = join(&queue, network(1));
        let second = join(&queue, network(2));
        drop(permit);
        drop(first);
        drop(second.now_or_never().unwrap().unwrap());
        assert_eq!(queue.free_permits(), 1);
    }
}
