//! A broker that is implemented with the public API alone.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use mizan_channels::broker::presence::{
    join_message, leave_message, members_message, presence_log,
};
use mizan_channels::broker::{
    Broker, BrokerError, Cursor, HistoryPage, LogReader, LogState, MemoryBroker, Message, Notifier,
    Publication, ReadReply, Retention,
};
use mizan_channels::suite;
use mizan_core::channel::Position;
use mizan_core::shared_store::MemorySharedStore;

use crate::connections::{Server, WithoutCounts};
use crate::log_output::LogOutput;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passes_the_suite() {
    suite::all(Arc::new(CustomBroker::default())).await;
}

#[tokio::test]
async fn warns_once_if_processes_share_messages_but_not_their_outcomes() {
    let (output, _logging) = LogOutput::record();
    let shared = || WithoutCounts(MemorySharedStore::new());
    for (server, warnings) in [
        (Server::new(MemoryBroker::new(), |_| {}), 0),
        (Server::with_store(MemoryBroker::new(), shared(), |_| {}), 0),
        (
            Server::with_store(CustomBroker::default(), shared(), |_| {}),
            0,
        ),
        (Server::new(CustomBroker::default(), |_| {}), 1),
    ] {
        for user in ["mia", "tom"] {
            let mut client = server.connect(user).await;
            client.sub(1, "tea");
            client.until("subok").await;
            client.msg("a", "hello");
            assert!(client.until("reply").await["error"].is_null());
        }
        let text = output.text();
        assert_eq!(
            text.matches("Registry::shared_store").count(),
            warnings,
            "{text}"
        );
    }
}

/// A broker that keeps everything in one state, under one lock.
#[derive(Clone, Default)]
struct CustomBroker(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    logs: HashMap<String, Log>,
    /// The ids and infos of members by group and connection.
    presence: HashMap<String, BTreeMap<String, (String, Bytes)>>,
    next_subscriber: u64,
}

struct Log {
    epoch: Arc<str>,
    retention: Retention,
    messages: VecDeque<Message>,
    floor: u64,
    positions: HashMap<String, Position>,
    subscribers: HashMap<u64, Notifier>,
}

impl Log {
    fn new(epoch: usize) -> Self {
        Self {
            epoch: format!("epoch-{epoch}").into(),
            retention: Retention::default(),
            messages: VecDeque::new(),
            floor: 0,
            positions: HashMap::new(),
            subscribers: HashMap::new(),
        }
    }

    fn state(&self) -> LogState {
        let last = self.messages.back();
        let top = last.map_or(self.floor, |message| message.offset);
        let before_top = last.map_or(self.floor, |message| message.prev);
        LogState::new(Arc::clone(&self.epoch), self.floor, top, before_top)
    }

    fn append(&mut self, data: Bytes, retention: Retention) -> Position {
        let prev = self.state().top;
        let offset = prev + 1;
        self.messages.push_back(Message::new(offset, prev, data));
        self.retention = retention;
        while self.messages.len() > self.retention.messages {
            let removed = self.messages.pop_front();
            self.floor = removed.map_or(self.floor, |message| message.offset);
        }
        for notifier in self.subscribers.values() {
            notifier.log_changed();
        }
        Position {
            epoch: self.epoch.to_string(),
            offset,
        }
    }
}

impl State {
    fn log(&mut self, group: &str) -> &mut Log {
        let epoch = self.logs.len();
        let log = self.logs.entry(group.to_owned());
        log.or_insert_with(|| Log::new(epoch))
    }

    fn publish_presence(&mut self, group: &str, change: Bytes) {
        let log = self.log(&presence_log(group));
        log.append(change, Retention::default());
    }

    fn is_present(&self, group: &str, id: &str) -> bool {
        let connections = self.presence.get(group).into_iter().flatten();
        connections.into_iter().any(|(_, (member, _))| member == id)
    }
}

struct Reader {
    broker: CustomBroker,
    group: String,
    subscriber: u64,
}

impl Reader {
    fn with_log<T>(&self, read: impl FnOnce(&Log) -> T) -> T {
        read(self.broker.0.lock().unwrap().log(&self.group))
    }
}

impl LogReader for Reader {
    fn state(&self, recent: usize) -> (LogState, u64) {
        self.with_log(|log| {
            let mut newest = log.messages.iter().rev().take(recent);
            let state = log.state();
            let start = newest.next_back().map_or(state.top, |message| message.prev);
            (state, start)
        })
    }

    fn read(&self, after: &Cursor, max_messages: usize) -> ReadReply {
        self.with_log(|log| {
            if after.epoch != log.epoch || after.offset < log.floor {
                return ReadReply::Behind(log.state());
            }
            let is_unread = |message: &&Message| message.offset > after.offset;
            let mut unread = log.messages.iter().filter(is_unread).cloned();
            ReadReply::Messages {
                messages: unread.by_ref().take(max_messages).collect(),
                has_more: unread.next().is_some(),
            }
        })
    }

    fn page(&self, before: Option<u64>, limit: usize) -> HistoryPage {
        self.with_log(|log| {
            let before = before.unwrap_or(u64::MAX);
            let is_older = |message: &&Message| message.offset < before;
            let mut older = log.messages.iter().rev().filter(is_older).cloned();
            let mut messages: Vec<_> = older.by_ref().take(limit).collect();
            messages.reverse();
            HistoryPage::new(Arc::clone(&log.epoch), messages, older.next().is_some())
        })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.broker.0.lock().unwrap();
        state.log(&self.group).subscribers.remove(&self.subscriber);
    }
}

#[async_trait]
impl Broker for CustomBroker {
    async fn publish(
        &self,
        group: &str,
        publication: Publication,
    ) -> Result<Position, BrokerError> {
        let mut state = self.0.lock().unwrap();
        let log = state.log(group);
        let known = publication
            .key
            .as_ref()
            .and_then(|key| log.positions.get(key));
        if let Some(position) = known {
            return Ok(position.clone());
        }
        let position = log.append(publication.data, publication.retention);
        if let Some(key) = publication.key {
            log.positions.insert(key, position.clone());
        }
        Ok(position)
    }

    async fn attach(
        &self,
        group: &str,
        retention: Retention,
        _: Option<&Position>,
        notifier: Notifier,
    ) -> Result<Box<dyn LogReader>, BrokerError> {
        let mut state = self.0.lock().unwrap();
        state.next_subscriber += 1;
        let subscriber = state.next_subscriber;
        let log = state.log(group);
        log.retention = retention;
        log.subscribers.insert(subscriber, notifier);
        Ok(Box::new(Reader {
            broker: self.clone(),
            group: group.to_owned(),
            subscriber,
        }))
    }

    async fn enter(
        &self,
        group: &str,
        connection: &str,
        id: &str,
        info: Bytes,
    ) -> Result<(), BrokerError> {
        let mut state = self.0.lock().unwrap();
        if !state.is_present(group, id) {
            state.publish_presence(group, join_message(id, &info));
        }
        let connections = state.presence.entry(group.to_owned()).or_default();
        connections.insert(connection.to_owned(), (id.to_owned(), info));
        Ok(())
    }

    async fn leave(&self, group: &str, connection: &str) -> Result<(), BrokerError> {
        let mut state = self.0.lock().unwrap();
        let connections = state.presence.entry(group.to_owned()).or_default();
        if let Some((id, _)) = connections.remove(connection)
            && !state.is_present(group, &id)
        {
            state.publish_presence(group, leave_message(&id));
        }
        Ok(())
    }

    async fn members(&self, group: &str) -> Result<(Cursor, Bytes), BrokerError> {
        let mut state = self.0.lock().unwrap();
        let log = state.log(&presence_log(group)).state();
        let connections = state.presence.entry(group.to_owned()).or_default();
        let members: BTreeMap<_, _> = connections
            .values()
            .map(|(id, info)| (&**id, &info[..]))
            .collect();
        Ok((Cursor::new(log.epoch, log.top), members_message(members)))
    }
}
