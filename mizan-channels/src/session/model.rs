//! Every interleaving, in bounds, of a publisher, two servers, their broker and a client that comes
//! and goes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mizan_core::channel::{Position, SlowConsumer};
use serde_json::{Value, json};
use stateright::{Checker, Model, Property};

use super::{BrokerEvent, Input, Limits, Output, Session, Settings, SubId};
use crate::log::{Log, Message};
use crate::subscription::Terms;

/// What may happen how often.
#[derive(Clone, Debug)]
struct World {
    publications: u8,
    epochs: u8,
    connections: u8,
    resubscriptions: u8,
    absences: u8,
    history: usize,
    terms: Terms,
}

/// What the publisher and the broker did, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Event {
    Published { epoch: u8, offset: u64, prev: u64 },
    NewEpoch(u8),
}

/// A server: how many of the events it has seen, and the log that it keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Node {
    seen: usize,
    log: Log,
    away: bool,
}

/// A session, with what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Connection {
    node: usize,
    session: Session,
    waits_for: Vec<Output>,
    attached: Vec<SubId>,
    allowed: Vec<SubId>,
    stirred: bool,
    network: VecDeque<Bytes>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Client {
    position: Option<(String, u64)>,
    /// The position that it offered, until it is told what became of it.
    offered: Option<(String, u64)>,
    confirmed: bool,
    suspended: bool,
    refused: bool,
    ignores: u8,
    got: Vec<(String, u64)>,
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
    absences: u8,
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    Publish,
    BeginEpoch,
    /// A node sees the next event.
    Deliver(usize),
    /// The session hears that its log grew.
    Stir,
    /// The session gets the answer that it waits for.
    Answer(usize),
    Deny(usize),
    /// The client reads a frame.
    Receive,
    Connect(usize),
    Disconnect,
    Resubscribe,
    BrokerAway,
    BrokerBack,
}

fn epoch(number: u8) -> Arc<str> {
    number.to_string().into()
}

impl Node {
    fn see(&mut self, events: &[Event], history: usize) {
        match &events[self.seen] {
            Event::Published {
                epoch: number,
                offset,
                prev,
            } => {
                let data = Bytes::from(format!("[{number},{offset}]"));
                let pushed = self.log.push(
                    0,
                    Message {
                        offset: *offset,
                        prev: *prev,
                        data,
                    },
                );
                assert!(pushed, "events come in order");
                self.log.trim(history, 0);
            }
            Event::NewEpoch(number) => self.log = Log::new(epoch(*number), 0),
        }
        self.seen += 1;
    }

    fn catch_up(&mut self, events: &[Event], history: usize) {
        while self.seen < events.len() {
            self.see(events, history);
        }
    }
}

impl State {
    fn step(&mut self, input: Input) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let mut outputs = Vec::new();
            connection.session.step(input, &mut outputs);
            for output in outputs {
                match output {
                    Output::Frame(frame) => connection.network.push_back(frame),
                    Output::Identify { ticket, .. } => inputs.push_back(Input::Identified {
                        ticket,
                        result: Ok(None),
                    }),
                    Output::Read {
                        id,
                        stream,
                        after,
                        most,
                    } => {
                        if !connection.allowed.contains(&id) {
                            self.client.fault = Some("read before it was allowed");
                        }
                        let log = &self.nodes[connection.node].log;
                        let reply = log.read(&after, most as usize, usize::MAX);
                        inputs.push_back(Input::Read { id, stream, reply });
                    }
                    Output::Detach { id } => {
                        connection
                            .waits_for
                            .retain(|output| subject(output) != Some(id));
                        connection.attached.retain(|attached| *attached != id);
                    }
                    Output::Timer(..) => {}
                    output => connection.waits_for.push(output),
                }
            }
        }
    }

    fn answer(&mut self, index: usize, world: &World) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        let node = &mut self.nodes[connection.node];
        let input = match connection.waits_for.remove(index) {
            Output::Join { id, ticket, .. } => {
                connection.allowed.push(id);
                Input::Authorized {
                    id,
                    ticket,
                    result: Ok(world.terms.clone()),
                }
            }
            Output::Attach { id, recent, since } => {
                let elsewhere = |since: &Position| {
                    *since.epoch != **node.log.epoch() || since.offset > node.log.top()
                };
                if since.as_ref().is_some_and(elsewhere) {
                    node.catch_up(&self.events, world.history);
                }
                connection.attached.push(id);
                Input::Attached {
                    id,
                    log: node.log.state(),
                    start: node.log.back(recent as usize),
                }
            }
            Output::Snapshot { id } => Input::Snapshot {
                id,
                result: Ok(Some((Bytes::from_static(b"0"), None))),
            },
            output => unreachable!("{output:?}"),
        };
        self.step(input);
    }

    fn subscribe(&mut self) {
        let mut sub = json!({ "t": "sub", "sub": 1, "channel": "c" });
        if let Some((epoch, offset)) = &self.client.position {
            sub["since"] = json!({ "epoch": epoch, "offset": offset });
        }
        self.client.offered = self.client.position.clone();
        self.client.confirmed = false;
        self.step(Input::Frame(sub.to_string().into()));
    }

    fn tell_attached(&mut self, event: BrokerEvent) {
        let Some(connection) = &self.connection else {
            return;
        };
        for id in connection.attached.clone() {
            self.step(Input::Broker { id, event });
        }
    }

    /// Whether nothing is under way any more.
    fn is_quiet(&self) -> bool {
        let caught_up = |node: &Node| node.seen == self.events.len() && !node.away;
        self.connection.as_ref().is_some_and(|connection| {
            caught_up(&self.nodes[connection.node])
                && connection.waits_for.is_empty()
                && connection.network.is_empty()
                && !connection.stirred
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

fn subject(output: &Output) -> Option<SubId> {
    match output {
        Output::Join { id, .. } | Output::Attach { id, .. } | Output::Snapshot { id } => Some(*id),
        _ => None,
    }
}

impl Client {
    /// What PROTOCOL.md has a client do, with every rule checked.
    fn take(&mut self, frame: &Bytes, events: &[Event]) {
        let frame: Value = serde_json::from_slice(frame).unwrap();
        let place = |frame: &Value| {
            let epoch = frame["epoch"].as_str().unwrap().to_owned();
            (epoch, frame["offset"].as_u64().unwrap())
        };
        if self.ignores > 0 && frame["t"] != "unsub" {
            return;
        }
        match frame["t"].as_str().unwrap() {
            "subok" => {
                let at = place(&frame);
                self.confirmed = true;
                self.suspended = false;
                if frame["recovered"] == true {
                    if Some(&at) != self.offered.as_ref() {
                        self.fault = Some("recovered another position than was offered");
                    }
                    self.offered = None;
                }
                self.position = Some(at);
            }
            "gap" => {
                let from = Some(place(&frame["from"]));
                let expected = self.offered.take().or_else(|| self.position.clone());
                if from != expected {
                    self.fault = Some("a gap begins where the client is not");
                }
                self.position = Some(place(&frame));
            }
            "pub" => {
                if !self.confirmed {
                    self.fault = Some("a message came without a subscription");
                }
                if self.offered.is_some() {
                    self.fault = Some("a gap was not told");
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
                let truth = Event::Published {
                    epoch: number,
                    offset,
                    prev: at,
                };
                if !events.contains(&truth) || frame["data"] != json!([number, offset]) {
                    self.fault = Some("the message is not what was published there");
                }
                let place = (epoch, offset);
                if self.got.contains(&place) {
                    self.fault = Some("a message came twice");
                }
                self.got.push(place.clone());
                self.position = Some(place);
            }
            "state" => self.suspended = frame["state"] == "suspended",
            "unsub" if self.ignores > 0 => self.ignores -= 1,
            "unsub" => {
                self.refused = true;
                self.confirmed = false;
            }
            "welcome" => {}
            other => panic!("{other}"),
        }
    }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let node = Node {
            seen: 0,
            log: Log::new(epoch(0), 0),
            away: false,
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
            absences: 0,
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
            if node.seen < state.events.len() && !node.away {
                actions.push(Action::Deliver(index));
            }
        }
        let Some(connection) = &state.connection else {
            if state.connections < self.connections {
                actions.extend([Action::Connect(0), Action::Connect(1)]);
            }
            return;
        };
        if connection.stirred {
            actions.push(Action::Stir);
        }
        let away = state.nodes[connection.node].away;
        for (index, output) in connection.waits_for.iter().enumerate() {
            match output {
                // Nobody is attached to a broker that is away.
                Output::Attach { .. } if away => {}
                Output::Join { .. } => actions.extend([Action::Answer(index), Action::Deny(index)]),
                _ => actions.push(Action::Answer(index)),
            }
        }
        if !connection.network.is_empty() {
            actions.push(Action::Receive);
        }
        if state.resubscriptions < self.resubscriptions && !state.client.refused {
            actions.push(Action::Resubscribe);
        }
        if away {
            actions.push(Action::BrokerBack);
        } else if state.absences < self.absences {
            actions.push(Action::BrokerAway);
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
                    // Not every engine has dense offsets.
                    offset: prev + 1 + prev % 2,
                    prev,
                });
            }
            Action::BeginEpoch => {
                state.epochs += 1;
                state.events.push(Event::NewEpoch(state.epochs));
            }
            Action::Deliver(index) => {
                state.nodes[index].see(&state.events, self.history);
                let connection = state.connection.as_mut();
                if let Some(connection) = connection.filter(|c| c.node == index) {
                    connection.stirred = !connection.attached.is_empty();
                }
            }
            Action::Stir => {
                state.connection.as_mut()?.stirred = false;
                state.tell_attached(BrokerEvent::More(super::Stream::Messages));
            }
            Action::Answer(index) => state.answer(index, self),
            Action::Deny(index) => {
                let output = state.connection.as_mut()?.waits_for.remove(index);
                let Output::Join { id, ticket, .. } = output else {
                    return None;
                };
                state.step(Input::Authorized {
                    id,
                    ticket,
                    result: Err(crate::Refusal::new("forbidden", "no")),
                });
            }
            Action::Receive => {
                let frame = state.connection.as_mut()?.network.pop_front()?;
                state.client.take(&frame, &state.events);
            }
            Action::Connect(node) => {
                state.connections += 1;
                let settings = Settings {
                    limits: Limits::default(),
                    contract: String::new(),
                };
                let session = Session::new(Arc::new(settings), "c", &mut Vec::new());
                state.connection = Some(Connection {
                    node,
                    session,
                    waits_for: Vec::new(),
                    attached: Vec::new(),
                    allowed: Vec::new(),
                    stirred: false,
                    network: VecDeque::new(),
                });
                state.client.suspended = false;
                state.client.refused = false;
                state.client.ignores = 0;
                let hello = r#"{"t":"hello","client":"abcdefgh"}"#;
                state.step(Input::Frame(Bytes::from_static(hello.as_bytes())));
                state.subscribe();
            }
            Action::Disconnect => {
                let node = state.connection.take()?.node;
                state.nodes[node].away = false;
                state.client.confirmed = false;
                // Who was not told yet what became of its position offers the same one again.
                if let Some(offered) = state.client.offered.take() {
                    state.client.position = Some(offered);
                }
            }
            Action::Resubscribe => {
                state.resubscriptions += 1;
                state.client.ignores += 1;
                if let Some(offered) = state.client.offered.take() {
                    state.client.position = Some(offered);
                }
                state.step(Input::Frame(Bytes::from_static(
                    br#"{"t":"unsub","sub":1}"#,
                )));
                state.subscribe();
            }
            Action::BrokerAway => {
                state.absences += 1;
                let node = state.connection.as_ref()?.node;
                state.nodes[node].away = true;
                state.tell_attached(BrokerEvent::Away);
            }
            Action::BrokerBack => {
                let node = state.connection.as_ref()?.node;
                state.nodes[node].away = false;
                state.nodes[node].catch_up(&state.events, self.history);
                state.tell_attached(BrokerEvent::Back);
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no rule is broken", |_, state: &State| {
                if let Some(fault) = state.client.fault {
                    eprintln!("{fault}");
                }
                state.client.fault.is_none()
            }),
            Property::always(
                "once all is quiet, the client has all",
                |_, state: &State| {
                    let client = &state.client;
                    !state.is_quiet()
                        || client.refused
                        || client.position == Some(state.top()) && !client.suspended
                },
            ),
            Property::sometimes("messages arrive", |world: &Self, state: &State| {
                state.client.got.len() == usize::from(world.publications)
            }),
            Property::sometimes("positions are recovered", |_, state: &State| {
                let begun = state.connections + state.resubscriptions;
                begun >= 2 && state.client.confirmed && state.client.got.len() == 2
            }),
        ]
    }
}

fn world(slow_consumer: SlowConsumer, snapshot: bool) -> World {
    World {
        publications: 2,
        epochs: 0,
        connections: 2,
        resubscriptions: 0,
        absences: 0,
        history: 1,
        terms: Terms {
            slow_consumer,
            reauthorize: Duration::from_secs(60),
            snapshot,
            presence: false,
        },
    }
}

fn check(world: World) {
    let checker = world.checker().threads(2).spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    checker.assert_properties();
}

#[test]
fn nothing_is_lost_unnoticed_when_clients_come_and_go() {
    check(World {
        publications: 3,
        ..world(SlowConsumer::Gap, false)
    });
}

#[test]
fn nothing_is_lost_unnoticed_beside_snapshots() {
    check(world(SlowConsumer::Gap, true));
}

#[test]
fn nothing_is_lost_unnoticed_where_the_newest_is_enough() {
    check(World {
        publications: 3,
        ..world(SlowConsumer::Latest, false)
    });
}

#[test]
fn nothing_is_lost_unnoticed_when_the_log_begins_anew() {
    check(World {
        epochs: 1,
        ..world(SlowConsumer::Gap, false)
    });
}

#[test]
fn nothing_is_lost_unnoticed_when_the_broker_goes_away() {
    check(World {
        absences: 1,
        ..world(SlowConsumer::Gap, true)
    });
}

#[test]
fn nothing_is_lost_unnoticed_when_clients_subscribe_again() {
    check(World {
        resubscriptions: 1,
        connections: 1,
        epochs: 1,
        ..world(SlowConsumer::Gap, false)
    });
}
