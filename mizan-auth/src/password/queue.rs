//! A bounded queue for a few places of work, in which each client gets its turn.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::Busy;

/// The client that work counts for. Clients that wait get their turns one after the other, however
/// much each of them asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Share {
    /// The application itself.
    Application,
    /// The callers that an account knows.
    Account(String),
    /// The strangers of one network, or all whose network is unknown.
    Network(Option<IpNet>),
}

/// A caller's turn in the queue.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    share: Share,
    gone: CancellationToken,
}

impl Turn {
    /// The turn of a client. It is given up when `gone` is cancelled.
    pub(crate) fn new(share: Share, gone: CancellationToken) -> Self {
        Self { share, gone }
    }

    /// A turn of the application itself.
    pub(crate) fn application() -> Self {
        Self::new(Share::Application, CancellationToken::new())
    }
}

/// One in so many turns is a stranger's, however many wait that an account knows.
const STRANGERS_TURN: u32 = 4;

/// A few places of work, each with what it works with, and a queue for them.
///
/// Strangers, and callers that an account knows, wait in lines of their own, of which each is
/// bounded. When a line is full, the client with the most places in it loses its latest to a client
/// that has fewer: a client may use what no other wants, and a flood of one does not keep
/// others out.
pub(super) struct FairQueue<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    free: Vec<T>,
    known: Line<T>,
    strangers: Line<T>,
    turns: u32,
}

/// A place of work. Dropping it gives the place to the next that waits.
pub(super) struct Place<T> {
    tool: Option<T>,
    state: Arc<Mutex<State<T>>>,
}

impl<T> FairQueue<T> {
    /// A queue for a place of work with each of the `tools`, with at most `waiting` in each line.
    pub(super) fn new(tools: impl IntoIterator<Item = T>, waiting: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            free: tools.into_iter().collect(),
            known: Line::new(waiting),
            strangers: Line::new(waiting),
            turns: 0,
        })))
    }

    /// Waits for a place.
    ///
    /// # Errors
    ///
    /// [`Busy`] when the line is full, when the client lost its place in it to another, and when
    /// the turn was given up.
    pub(super) async fn place(&self, turn: &Turn) -> Result<Place<T>, Busy> {
        if turn.gone.is_cancelled() {
            return Err(Busy);
        }
        let place = {
            let mut state = lock(&self.0);
            if let Some(tool) = state.free.pop() {
                return Ok(Place {
                    tool: Some(tool),
                    state: Arc::clone(&self.0),
                });
            }
            let (sender, receiver) = oneshot::channel();
            let line = match turn.share {
                Share::Application | Share::Account(_) => &mut state.known,
                Share::Network(_) => &mut state.strangers,
            };
            line.join(&turn.share, sender)?;
            receiver
        };
        let place = turn.gone.run_until_cancelled(place).await;
        place.and_then(Result::ok).ok_or(Busy)
    }

    /// Returns the number of free places.
    pub(super) fn free(&self) -> usize {
        lock(&self.0).free.len()
    }
}

impl<T> State<T> {
    /// Whose turn it is.
    fn next(&mut self) -> Option<Waiting<T>> {
        self.turns = self.turns.wrapping_add(1);
        let [first, second] = if self.turns.is_multiple_of(STRANGERS_TURN) {
            [&mut self.strangers, &mut self.known]
        } else {
            [&mut self.known, &mut self.strangers]
        };
        first.next().or_else(|| second.next())
    }
}

impl<T> Place<T> {
    pub(super) fn tool(&mut self) -> &mut T {
        self.tool
            .as_mut()
            .expect("a place has its tool until it is dropped")
    }
}

impl<T> Drop for Place<T> {
    fn drop(&mut self) {
        // A place that was taken on, or could not be handed on, is empty.
        let Some(tool) = self.tool.take() else {
            return;
        };
        let mut state = lock(&self.state);
        let mut place = Self {
            tool: Some(tool),
            state: Arc::clone(&self.state),
        };
        while let Some(waiting) = state.next() {
            match waiting.send(place) {
                Ok(()) => return,
                // The client went away while it waited.
                Err(back) => place = back,
            }
        }
        state.free.extend(place.tool.take());
    }
}

type Waiting<T> = oneshot::Sender<Place<T>>;

/// Clients that wait, in the order of their turns.
struct Line<T> {
    capacity: usize,
    waiting: usize,
    turns: VecDeque<Share>,
    by_share: HashMap<Share, VecDeque<Waiting<T>>>,
}

impl<T> Line<T> {
    fn new(capacity: usize) -> Self {
        Self {
            capacity,
            waiting: 0,
            turns: VecDeque::new(),
            by_share: HashMap::new(),
        }
    }

    fn join(&mut self, share: &Share, place: Waiting<T>) -> Result<(), Busy> {
        if self.waiting >= self.capacity {
            self.forget_gone();
        }
        if self.waiting >= self.capacity {
            self.make_room_for(share)?;
        }
        self.waiting += 1;
        let of_share = self.by_share.entry(share.clone()).or_insert_with(|| {
            self.turns.push_back(share.clone());
            VecDeque::new()
        });
        of_share.push_back(place);
        Ok(())
    }

    fn next(&mut self) -> Option<Waiting<T>> {
        let share = self.turns.pop_front()?;
        let of_share = self.by_share.get_mut(&share)?;
        let next = of_share.pop_front();
        if of_share.is_empty() {
            self.by_share.remove(&share);
        } else {
            self.turns.push_back(share);
        }
        self.waiting -= usize::from(next.is_some());
        next
    }

    /// Forgets the turns of callers that no longer wait.
    fn forget_gone(&mut self) {
        for of_share in self.by_share.values_mut() {
            of_share.retain(|waiting| !waiting.is_closed());
        }
        self.by_share.retain(|_, of_share| !of_share.is_empty());
        self.turns.retain(|share| self.by_share.contains_key(share));
        self.waiting = self.by_share.values().map(VecDeque::len).sum();
    }

    /// Takes the latest place of the client that has the most, where that has more than `share`
    /// would have with one more.
    fn make_room_for(&mut self, share: &Share) -> Result<(), Busy> {
        let own = self.by_share.get(share).map_or(0, VecDeque::len);
        let most = self.by_share.values_mut().max_by_key(|it| it.len());
        let most = most.filter(|it| it.len() > own + 1).ok_or(Busy)?;
        drop(most.pop_back());
        self.waiting -= 1;
        Ok(())
    }
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;

    use super::*;

    type Wait<'a> = BoxFuture<'a, Result<Place<u32>, Busy>>;

    fn network(number: u8) -> Share {
        let network = format!("10.0.0.{number}/32");
        Share::Network(Some(network.parse().unwrap()))
    }

    fn account(name: &str) -> Share {
        Share::Account(name.to_owned())
    }

    /// Joins the line: the future has been polled once.
    fn wait(queue: &FairQueue<u32>, share: Share) -> Wait<'_> {
        wait_until(queue, share, CancellationToken::new())
    }

    fn wait_until(queue: &FairQueue<u32>, share: Share, gone: CancellationToken) -> Wait<'_> {
        let turn = Turn::new(share, gone);
        let mut place = async move { queue.place(&turn).await }.boxed();
        match (&mut place).now_or_never() {
            None => place,
            Some(outcome) => futures_util::future::ready(outcome).boxed(),
        }
    }

    fn is_busy(wait: Wait<'_>) -> bool {
        matches!(wait.now_or_never(), Some(Err(Busy)))
    }

    /// Gives the place from one to the next, and returns the names in the order of their turns.
    fn turns<'a>(place: Place<u32>, mut waiting: Vec<(&'a str, Wait<'_>)>) -> Vec<&'a str> {
        let mut order = Vec::new();
        drop(place);
        loop {
            let ready = waiting.iter_mut().enumerate().find_map(|(at, (_, wait))| {
                let place = wait.now_or_never()?;
                Some((at, place))
            });
            let Some((at, place)) = ready else {
                return order;
            };
            order.push(waiting.remove(at).0);
            drop(place);
        }
    }

    #[test]
    fn networks_take_turns_however_much_one_of_them_asks_for() {
        let queue = FairQueue::new([0], 100);
        let place = wait(&queue, network(9)).now_or_never().unwrap().unwrap();
        let mut waiting = Vec::new();
        for _ in 0..4 {
            waiting.push(("flood", wait(&queue, network(1))));
        }
        waiting.push(("ada", wait(&queue, network(2))));
        waiting.push(("eve", wait(&queue, network(3))));
        let order = turns(place, waiting);
        assert_eq!(order, ["flood", "ada", "eve", "flood", "flood", "flood"]);
        assert_eq!(queue.free(), 1);
    }

    #[test]
    fn known_callers_come_first_and_strangers_are_not_starved() {
        let queue = FairQueue::new([0], 100);
        let place = wait(&queue, network(9)).now_or_never().unwrap().unwrap();
        let mut waiting = Vec::new();
        for number in 0..2 {
            waiting.push(("stranger", wait(&queue, network(number))));
        }
        for name in ["a", "b", "c", "d", "e"] {
            waiting.push(("known", wait(&queue, account(name))));
        }
        let order = turns(place, waiting);
        assert_eq!(
            order,
            [
                "known", "known", "known", "stranger", "known", "known", "stranger"
            ]
        );
    }

    #[test]
    fn a_full_line_of_one_network_has_room_for_another() {
        let queue = FairQueue::new([0], 4);
        let place = wait(&queue, network(9)).now_or_never().unwrap().unwrap();
        let flood: Vec<_> = (0..10).map(|_| wait(&queue, network(1))).collect();
        let ada = wait(&queue, network(2));
        let eve = wait(&queue, network(3));
        let beyond = wait(&queue, network(4));
        // The flood keeps as many places as the others have.
        let refused = flood.into_iter().map(is_busy).filter(|busy| *busy).count();
        assert_eq!(refused, 9);
        assert!(!is_busy(beyond));
        drop((ada, eve, place));
    }

    #[test]
    fn a_line_is_bounded() {
        let queue = FairQueue::new([0], 4);
        let _place = wait(&queue, network(9)).now_or_never().unwrap().unwrap();
        let waiting: Vec<_> = (0..100).map(|n| wait(&queue, network(n))).collect();
        assert_eq!(
            waiting.into_iter().map(is_busy).filter(|it| *it).count(),
            96
        );
    }

    #[test]
    fn a_flood_of_strangers_leaves_the_known_their_line() {
        let queue = FairQueue::new([0], 4);
        let place = wait(&queue, network(9)).now_or_never().unwrap().unwrap();
        let _flood: Vec<_> = (0..100).map(|n| wait(&queue, network(n))).collect();
        let mut ada = wait(&queue, account("ada"));
        assert!((&mut ada).now_or_never().is_none());
        drop(place);
        assert!(ada.now_or_never().unwrap().is_ok());
    }

    #[test]
    fn a_client_that_went_away_is_passed_over_and_frees_its_place_in_the_line() {
        let queue = FairQueue::new([0], 2);
        let place = wait(&queue, network(9)).now_or_never().unwrap().unwrap();
        let gone = CancellationToken::new();
        let cancelled = wait_until(&queue, network(1), gone.clone());
        let dropped = wait(&queue, network(1));
        assert!(is_busy(wait(&queue, network(1))));
        gone.cancel();
        assert!(is_busy(cancelled));
        drop(dropped);
        let mut third = wait(&queue, network(1));
        assert!((&mut third).now_or_never().is_none());
        drop(place);
        drop(third.now_or_never().unwrap().unwrap());
        assert_eq!(queue.free(), 1);
        assert!(is_busy(wait_until(&queue, network(1), gone)));
    }

    /// A place that was given to a client that went away before it saw it is not lost.
    #[test]
    fn a_place_that_is_not_taken_up_goes_on_to_the_next() {
        let queue = FairQueue::new([0], 2);
        let place = wait(&queue, network(9)).now_or_never().unwrap().unwrap();
        let first = wait(&queue, network(1));
        let second = wait(&queue, network(2));
        drop(place);
        drop(first);
        drop(second.now_or_never().unwrap().unwrap());
        assert_eq!(queue.free(), 1);
    }
}
