//! A model check of every interleaving, within bounds, of a publisher, two servers, their broker, and a client that
//! connects and disconnects.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mizan_core::channel::{Position, SlowConsumer};
use serde_json::{Value, json};
use stateright::{Checker, Model, Property};

use super::{
    ChannelSession, Refusal, SessionInput, SessionOutput, SessionSettings, SubscriptionConfig,
    SubscriptionRequest,
};
use crate::broker::log::{Log, Message};
use crate::broker::{BrokerEvent, LogKind, SubscriptionId};
use crate::limits::ConnectionLimits;

/// A scenario: the bounds of the model, which limit each kind of event, and the configuration of the channel.
#[derive(Clone, Debug)]
struct Scenario {
    publications: u8,
    epochs: u8,
    connections: u8,
    resubscriptions: u8,
    outages: u8,
    history: usize,
    config: SubscriptionConfig,
}

/// An event of the publisher or the broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Event {
    Published { epoch: u8, offset: u64, prev: u64 },
    NewEpoch(u8),
}

/// A server: the number of events that it has applied, and its log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Node {
    applied: usize,
    log: Log,
    is_unavailable: bool,
}

/// A session, with the outputs that have no result yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Connection {
    node: usize,
    session: ChannelSession,
    pending: Vec<SessionOutput>,
    attached: Vec<SubscriptionId>,
    authorized: Vec<SubscriptionId>,
    is_notified: bool,
    network: VecDeque<Bytes>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Client {
    position: Option<(String, u64)>,
    /// The position that the client sent as `since`, until the server has answered it.
    offered: Option<(String, u64)>,
    is_confirmed: bool,
    is_suspended: bool,
    is_refused: bool,
    /// The number of `unsub` frames that the client waits for. It ignores all frames before them.
    awaited_unsubs: u8,
    received: Vec<(String, u64)>,
    fault: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    events: Vec<Event>,
    nodes: [Node; 2],
    connection: Option<Connection>,
    client: Client,
    published: u8,
    epochs: u8,
    connections: u8,
    resubscriptions: u8,
    outages: u8,
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    Publish,
    BeginEpoch,
    /// A server applies the next event.
    Deliver(usize),
    /// The session is notified that its log has changed.
    Notify,
    /// The session gets the result of a pending output.
    Complete(usize),
    /// The session is refused a subscription.
    Refuse(usize),
    /// The client reads a frame.
    Receive,
    Connect(usize),
    Disconnect,
    Resubscribe,
    BrokerFails,
    BrokerRecovers,
}

fn epoch(number: u8) -> Arc<str> {
    number.to_string().into()
}

impl Node {
    fn apply_next(&mut self, events: &[Event], history: usize) {
        match &events[self.applied] {
            Event::Published {
                epoch: number,
                offset,
                prev,
            } => {
                let data = Bytes::from(format!("[{number},{offset}]"));
                let message = Message::new(*offset, *prev, data);
                assert!(self.log.push(0, message), "events are in order");
                self.log.trim(history, 0);
            }
            Event::NewEpoch(number) => self.log = Log::new(epoch(*number), 0),
        }
        self.applied += 1;
    }

    fn catch_up(&mut self, events: &[Event], history: usize) {
        while self.applied < events.len() {
            self.apply_next(events, history);
        }
    }
}

impl State {
    fn step(&mut self, input: SessionInput) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let mut outputs = Vec::new();
            connection.session.step(input, &mut outputs);
            for output in outputs {
                match output {
                    SessionOutput::Frame(frame) => connection.network.push_back(frame),
                    SessionOutput::Authenticate { ticket, .. } => {
                        inputs.push_back(SessionInput::Authenticated {
                            ticket,
                            result: Ok(None),
                        });
                    }
                    SessionOutput::Read {
                        id,
                        log: kind,
                        after,
                        max_messages,
                    } => {
                        if !connection.authorized.contains(&id) {
                            self.client.fault = Some("read before the authorization");
                        }
                        let log = &self.nodes[connection.node].log;
                        let reply = log.read(&after, max_messages as usize, usize::MAX);
                        inputs.push_back(SessionInput::Read {
                            id,
                            log: kind,
                            reply,
                        });
                    }
                    SessionOutput::Subscription {
                        id,
                        request: SubscriptionRequest::Detach,
                    } => {
                        connection
                            .pending
                            .retain(|output| subscription_of(output) != Some(id));
                        connection.attached.retain(|attached| *attached != id);
                    }
                    SessionOutput::Timer(..) => {}
                    output => connection.pending.push(output),
                }
            }
        }
    }

    fn complete(&mut self, index: usize, scenario: &Scenario) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        let node = &mut self.nodes[connection.node];
        let output = connection.pending.remove(index);
        let SessionOutput::Subscription { id, request } = output else {
            unreachable!("{output:?}");
        };
        let input = match request {
            SubscriptionRequest::Join { ticket, .. } => {
                connection.authorized.push(id);
                SessionInput::Authorized {
                    id,
                    ticket,
                    result: Ok(scenario.config.clone()),
                }
            }
            SubscriptionRequest::Attach { recent, since } => {
                let is_unknown = |since: &Position| {
                    *since.epoch != **node.log.epoch() || since.offset > node.log.top()
                };
                if since.as_ref().is_some_and(is_unknown) {
                    node.catch_up(&self.events, scenario.history);
                }
                connection.attached.push(id);
                SessionInput::Attached {
                    id,
                    log: node.log.state(),
                    start: node.log.start_of_recent(recent as usize),
                }
            }
            SubscriptionRequest::Snapshot => SessionInput::Snapshot {
                id,
                result: Ok(Some((Bytes::from_static(b"0"), None))),
            },
            request => unreachable!("{request:?}"),
        };
        self.step(input);
    }

    fn subscribe(&mut self) {
        let mut sub = json!({ "t": "sub", "sub": 1, "channel": "c" });
        if let Some((epoch, offset)) = &self.client.position {
            sub["since"] = json!({ "epoch": epoch, "offset": offset });
        }
        self.client.offered = self.client.position.clone();
        self.client.is_confirmed = false;
        self.step(SessionInput::Frame(sub.to_string().into()));
    }

    fn notify_attached(&mut self, event: BrokerEvent) {
        let Some(connection) = &self.connection else {
            return;
        };
        for id in connection.attached.clone() {
            self.step(SessionInput::Broker { id, event });
        }
    }

    /// Returns whether no message, result or notification is outstanding.
    fn is_quiet(&self) -> bool {
        let caught_up = |node: &Node| node.applied == self.events.len() && !node.is_unavailable;
        self.connection.as_ref().is_some_and(|connection| {
            caught_up(&self.nodes[connection.node])
                && connection.pending.is_empty()
                && connection.network.is_empty()
                && !connection.is_notified
        })
    }

    fn top(&self) -> (String, u64) {
        let mut top = ("0".to_owned(), 0);
        for event in &self.events {
            top = match event {
                Event::Published { epoch, offset, .. } => (epoch.to_string(), *offset),
                Event::NewEpoch(epoch) => (epoch.to_string(), 0),
            };
        }
        top
    }
}

fn subscription_of(output: &SessionOutput) -> Option<SubscriptionId> {
    match output {
        SessionOutput::Subscription { id, .. } => Some(*id),
        _ => None,
    }
}

impl Client {
    /// Processes a frame as PROTOCOL.md specifies, and checks the rules for the server.
    fn receive(&mut self, frame: &Bytes, events: &[Event]) {
        let frame: Value = serde_json::from_slice(frame).unwrap();
        let position = |frame: &Value| {
            let epoch = frame["epoch"].as_str().unwrap().to_owned();
            (epoch, frame["offset"].as_u64().unwrap())
        };
        if self.awaited_unsubs > 0 && frame["t"] != "unsub" {
            return;
        }
        match frame["t"].as_str().unwrap() {
            "subok" => {
                let at = position(&frame);
                self.is_confirmed = true;
                self.is_suspended = false;
                if frame["recovered"] == true {
                    if Some(&at) != self.offered.as_ref() {
                        self.fault = Some("`subok` recovered another position than `since`");
                    }
                    self.offered = None;
                }
                self.position = Some(at);
            }
            "gap" => {
                let from = Some(position(&frame["from"]));
                let expected = self.offered.take().or_else(|| self.position.clone());
                if from != expected {
                    self.fault = Some("a gap does not begin at the position of the client");
                }
                self.position = Some(position(&frame));
            }
            "pub" => {
                if !self.is_confirmed {
                    self.fault = Some("a message without a subscription");
                }
                if self.offered.is_some() {
                    self.fault = Some("a gap was not reported");
                }
                let Some((epoch, at)) = self.position.clone() else {
                    return;
                };
                let (offset, prev) = (frame["offset"].as_u64(), frame["prev"].as_u64());
                if prev != Some(at) {
                    self.fault = Some("a message was lost");
                }
                let offset = offset.unwrap();
                let number: u8 = epoch.parse().unwrap();
                let published = Event::Published {
                    epoch: number,
                    offset,
                    prev: at,
                };
                if !events.contains(&published) || frame["data"] != json!([number, offset]) {
                    self.fault = Some("the message differs from the published one");
                }
                let received = (epoch, offset);
                if self.received.contains(&received) {
                    self.fault = Some("a message was delivered twice");
                }
                self.received.push(received.clone());
                self.position = Some(received);
            }
            "state" => self.is_suspended = frame["state"] == "suspended",
            "unsub" if self.awaited_unsubs > 0 => self.awaited_unsubs -= 1,
            "unsub" => {
                self.is_refused = true;
                self.is_confirmed = false;
            }
            "welcome" => {}
            other => panic!("{other}"),
        }
    }
}

impl Model for Scenario {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let node = Node {
            applied: 0,
            log: Log::new(epoch(0), 0),
            is_unavailable: false,
        };
        vec![State {
            events: Vec::new(),
            nodes: [node.clone(), node],
            connection: None,
            client: Client::default(),
            published: 0,
            epochs: 0,
            connections: 0,
            resubscriptions: 0,
            outages: 0,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.published < self.publications {
            actions.push(Action::Publish);
        }
        if state.epochs < self.epochs {
            actions.push(Action::BeginEpoch);
        }
        for (index, node) in state.nodes.iter().enumerate() {
            if node.applied < state.events.len() && !node.is_unavailable {
                actions.push(Action::Deliver(index));
            }
        }
        let Some(connection) = &state.connection else {
            if state.connections < self.connections {
                actions.extend([Action::Connect(0), Action::Connect(1)]);
            }
            return;
        };
        if connection.is_notified {
            actions.push(Action::Notify);
        }
        let is_unavailable = state.nodes[connection.node].is_unavailable;
        for (index, output) in connection.pending.iter().enumerate() {
            let SessionOutput::Subscription { request, .. } = output else {
                continue;
            };
            match request {
                SubscriptionRequest::Attach { .. } if is_unavailable => {}
                SubscriptionRequest::Join { .. } => {
                    actions.extend([Action::Complete(index), Action::Refuse(index)]);
                }
                _ => actions.push(Action::Complete(index)),
            }
        }
        if !connection.network.is_empty() {
            actions.push(Action::Receive);
        }
        if state.resubscriptions < self.resubscriptions && !state.client.is_refused {
            actions.push(Action::Resubscribe);
        }
        if is_unavailable {
            actions.push(Action::BrokerRecovers);
        } else if state.outages < self.outages {
            actions.push(Action::BrokerFails);
        }
        actions.push(Action::Disconnect);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Publish => {
                let (epoch, prev) = state.top();
                state.published += 1;
                state.events.push(Event::Published {
                    epoch: epoch.parse().unwrap(),
                    // Offsets increase, but not always by one.
                    offset: prev + 1 + prev % 2,
                    prev,
                });
            }
            Action::BeginEpoch => {
                state.epochs += 1;
                state.events.push(Event::NewEpoch(state.epochs));
            }
            Action::Deliver(index) => {
                state.nodes[index].apply_next(&state.events, self.history);
                let connection = state.connection.as_mut();
                if let Some(connection) = connection.filter(|c| c.node == index) {
                    connection.is_notified = !connection.attached.is_empty();
                }
            }
            Action::Notify => {
                state.connection.as_mut()?.is_notified = false;
                state.notify_attached(BrokerEvent::LogChanged(LogKind::Messages));
            }
            Action::Complete(index) => state.complete(index, self),
            Action::Refuse(index) => {
                let output = state.connection.as_mut()?.pending.remove(index);
                let SessionOutput::Subscription {
                    id,
                    request: SubscriptionRequest::Join { ticket, .. },
                } = output
                else {
                    return None;
                };
                state.step(SessionInput::Authorized {
                    id,
                    ticket,
                    result: Err(Refusal::new("forbidden", "no")),
                });
            }
            Action::Receive => {
                let frame = state.connection.as_mut()?.network.pop_front()?;
                state.client.receive(&frame, &state.events);
            }
            Action::Connect(node) => {
                state.connections += 1;
                let settings = SessionSettings::new(ConnectionLimits::default());
                let session = ChannelSession::new(Arc::new(settings), "c", &mut Vec::new());
                state.connection = Some(Connection {
                    node,
                    session,
                    pending: Vec::new(),
                    attached: Vec::new(),
                    authorized: Vec::new(),
                    is_notified: false,
                    network: VecDeque::new(),
                });
                state.client.is_suspended = false;
                state.client.is_refused = false;
                state.client.awaited_unsubs = 0;
                let hello = r#"{"t":"hello","client":"abcdefgh"}"#;
                state.step(SessionInput::Frame(Bytes::from_static(hello.as_bytes())));
                state.subscribe();
            }
            Action::Disconnect => {
                let node = state.connection.take()?.node;
                state.nodes[node].is_unavailable = false;
                state.client.is_confirmed = false;
                // A client whose position was not answered sends the same one again.
                if let Some(offered) = state.client.offered.take() {
                    state.client.position = Some(offered);
                }
            }
            Action::Resubscribe => {
                state.resubscriptions += 1;
                state.client.awaited_unsubs += 1;
                if let Some(offered) = state.client.offered.take() {
                    state.client.position = Some(offered);
                }
                state.step(SessionInput::Frame(Bytes::from_static(
                    br#"{"t":"unsub","sub":1}"#,
                )));
                state.subscribe();
            }
            Action::BrokerFails => {
                state.outages += 1;
                let node = state.connection.as_ref()?.node;
                state.nodes[node].is_unavailable = true;
                state.notify_attached(BrokerEvent::Unavailable);
            }
            Action::BrokerRecovers => {
                let node = state.connection.as_ref()?.node;
                state.nodes[node].is_unavailable = false;
                state.nodes[node].catch_up(&state.events, self.history);
                state.notify_attached(BrokerEvent::Available);
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("the server follows the protocol", |_, state: &State| {
                if let Some(fault) = state.client.fault {
                    eprintln!("{fault}");
                }
                state.client.fault.is_none()
            }),
            Property::always("an idle client has all messages", |_, state: &State| {
                let client = &state.client;
                !state.is_quiet()
                    || client.is_refused
                    || client.position == Some(state.top()) && !client.is_suspended
            }),
            Property::sometimes(
                "all messages are delivered",
                |scenario: &Self, state: &State| {
                    state.client.received.len() == usize::from(scenario.publications)
                },
            ),
            Property::sometimes("a position is recovered", |_, state: &State| {
                let begun = state.connections + state.resubscriptions;
                begun >= 2 && state.client.is_confirmed && state.client.received.len() == 2
            }),
        ]
    }
}

fn scenario(slow_consumer: SlowConsumer, has_snapshot: bool) -> Scenario {
    Scenario {
        publications: 2,
        epochs: 0,
        connections: 2,
        resubscriptions: 0,
        outages: 0,
        history: 1,
        config: SubscriptionConfig::new(slow_consumer, Duration::from_secs(60))
            .with_snapshot(has_snapshot),
    }
}

fn check(scenario: Scenario) {
    let checker = scenario.checker().threads(2).spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    checker.assert_properties();
}

#[test]
fn no_undetected_loss_when_clients_reconnect() {
    check(Scenario {
        publications: 3,
        ..scenario(SlowConsumer::Gap, false)
    });
}

#[test]
fn no_undetected_loss_with_snapshots() {
    check(scenario(SlowConsumer::Gap, true));
}

#[test]
fn no_undetected_loss_with_the_latest_policy() {
    check(Scenario {
        publications: 3,
        ..scenario(SlowConsumer::Latest, false)
    });
}

#[test]
fn no_undetected_loss_when_the_log_restarts() {
    check(Scenario {
        epochs: 1,
        ..scenario(SlowConsumer::Gap, false)
    });
}

#[test]
fn no_undetected_loss_when_the_broker_is_unavailable() {
    check(Scenario {
        outages: 1,
        ..scenario(SlowConsumer::Gap, true)
    });
}

#[test]
fn no_undetected_loss_when_clients_resubscribe() {
    check(Scenario {
        resubscriptions: 1,
        connections: 1,
        epochs: 1,
        ..scenario(SlowConsumer::Gap, false)
    });
}
