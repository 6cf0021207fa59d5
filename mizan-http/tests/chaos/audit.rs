//! An audit of the messages that each client received.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use mizan_core::channel::Position;
use tokio::time::sleep;

#[derive(Default)]
pub(crate) struct Audit(Mutex<Records>);

#[derive(Default)]
struct Records {
    /// The epochs, in the order of their first messages.
    epochs: Vec<String>,
    published: Vec<(Position, u64)>,
    clients: HashMap<usize, Client>,
    /// The number of notifications that the broker is unavailable.
    suspensions: usize,
}

#[derive(Default)]
struct Client {
    at: Option<Position>,
    received: HashMap<(String, u64), u64>,
    gaps: Vec<(Position, Position)>,
}

impl Audit {
    pub(crate) fn published(&self, at: &Position, number: u64) {
        let mut records = self.0.lock().unwrap();
        if !records.epochs.contains(&at.epoch) {
            records.epochs.push(at.epoch.clone());
        }
        records.published.push((at.clone(), number));
    }

    pub(crate) fn joined(&self, client: usize, at: Position) {
        self.0.lock().unwrap().clients.entry(client).or_default().at = Some(at);
    }

    pub(crate) fn received(&self, client: usize, at: &Position, number: u64) {
        let mut records = self.0.lock().unwrap();
        let client = records.clients.entry(client).or_default();
        let before = client
            .received
            .insert((at.epoch.clone(), at.offset), number);
        assert_eq!(before, None, "duplicate message: {at}");
        client.at = Some(at.clone());
    }

    pub(crate) fn broker_state_changed(&self, is_suspended: bool) {
        self.0.lock().unwrap().suspensions += usize::from(is_suspended);
    }

    pub(crate) fn gap_reported(&self, client: usize, from: &Position, to: &Position) {
        let mut records = self.0.lock().unwrap();
        let client = records.clients.entry(client).or_default();
        client.gaps.push((from.clone(), to.clone()));
        client.at = Some(to.clone());
    }

    pub(crate) async fn wait_until_joined(&self, clients: usize) {
        for _ in 0..1_000 {
            if self.0.lock().unwrap().clients.len() == clients {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("subscribing the clients timed out");
    }

    pub(crate) async fn wait_until_all_reach(&self, last: &Position, clients: usize) {
        let count = || {
            let records = self.0.lock().unwrap();
            let there = records.clients.values();
            there
                .filter(|client| client.at.as_ref() == Some(last))
                .count()
        };
        for _ in 0..1_500 {
            if count() == clients {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        let records = self.0.lock().unwrap();
        let stuck: Vec<_> = records.clients.values().map(|client| &client.at).collect();
        panic!(
            "only {} of {clients} clients reached {last}: {stuck:?}",
            count_of(&stuck, last)
        );
    }

    pub(crate) fn assert_suspended(&self) {
        assert!(
            self.0.lock().unwrap().suspensions > 0,
            "no client was notified that the broker was unavailable"
        );
    }

    /// Checks that each client received every message.
    pub(crate) fn assert_complete(&self) -> String {
        let records = self.0.lock().unwrap();
        for (number, client) in &records.clients {
            assert_eq!(client.gaps, [], "client {number} was notified of a gap");
            for (at, text) in &records.published {
                let received = client.received.get(&(at.epoch.clone(), at.offset));
                assert_eq!(received, Some(text), "client {number} lost {at}");
            }
        }
        let (messages, clients) = (records.published.len(), records.clients.len());
        format!("{messages} messages reached all of {clients} clients")
    }

    /// Checks that each client received every message, or was notified of a gap that contains it.
    pub(crate) fn verdict(&self, clients: usize) -> String {
        let records = self.0.lock().unwrap();
        assert_eq!(records.clients.len(), clients);
        let mut covered_by_gaps = 0;
        let mut delivered = 0;
        let mut gaps = 0;
        let rank = |epoch: &String| records.epochs.iter().position(|known| known == epoch);
        for (number, client) in &records.clients {
            gaps += client.gaps.len();
            for (at, text) in &records.published {
                match client.received.get(&(at.epoch.clone(), at.offset)) {
                    Some(received) => {
                        assert_eq!(received, text, "different message at {at}");
                        delivered += 1;
                    }
                    None if client
                        .gaps
                        .iter()
                        .any(|(from, to)| covers(from, to, at, &rank)) =>
                    {
                        covered_by_gaps += 1;
                    }
                    None => panic!("client {number} lost {at} without a gap"),
                }
            }
        }
        format!(
            "{} messages in {} epochs, {clients} clients: {delivered} deliveries, {covered_by_gaps} \
             missed within {gaps} reported gaps, 0 lost without a gap",
            records.published.len(),
            records.epochs.len(),
        )
    }
}

fn count_of(stuck: &[&Option<Position>], last: &Position) -> usize {
    stuck.iter().filter(|at| at.as_ref() == Some(last)).count()
}

/// Returns whether `at` is between the two positions, where epochs are ordered by their first messages.
fn covers(
    from: &Position,
    to: &Position,
    at: &Position,
    rank: &impl Fn(&String) -> Option<usize>,
) -> bool {
    let after_from = if at.epoch == from.epoch {
        at.offset > from.offset
    } else {
        // An epoch without acknowledged messages has no rank. It is before the epoch that follows it.
        rank(&from.epoch).is_none_or(|from| rank(&at.epoch).is_some_and(|at| at > from))
    };
    let before_to = if at.epoch == to.epoch {
        at.offset <= to.offset
    } else {
        rank(&to.epoch).is_none_or(|to| rank(&at.epoch).is_some_and(|at| at < to))
    };
    after_from && before_to
}
