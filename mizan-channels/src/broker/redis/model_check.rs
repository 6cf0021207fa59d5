//! A model check of every interleaving, within bounds, of a Redis that is demoted and promoted, its replica, a
//! publisher, and a server that reads. The steps correspond to the scripts.

use stateright::{Checker, Model, Property};

/// The id that binds a log to the data set in which it was started.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Generation {
    ReplicationId,
    /// Changes only when the process restarts.
    RunId,
}

/// A scenario: the bounds of the model, and the id that binds logs.
struct Scenario {
    generation: Generation,
    publications: u8,
    role_changes: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Log {
    epoch: u8,
    generation: u8,
    messages: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Redis {
    is_master: bool,
    run: u8,
    replication_id: u8,
    log: Log,
}

/// A server that reads, with the messages that it received in the current epoch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Reader {
    is_connected: bool,
    epoch: u8,
    messages: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    redis: [Redis; 2],
    reader: Reader,
    /// The published messages, each with its epoch and offset.
    published: Vec<(u8, usize, u8)>,
    offset_was_reused: bool,
    next_message: u8,
    role_changes: u8,
    last_id: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Publish {
        /// True if the announcement reaches the reader.
        is_announced: bool,
    },
    Replicate,
    PromoteReplica,
    Demote,
    Promote,
    Restart,
    Disconnect,
    Reconnect,
}

impl State {
    fn fresh(&mut self) -> u8 {
        self.last_id += 1;
        self.last_id
    }

    /// `open` of log.lua, on the Redis that all servers connect to.
    fn open(&mut self, scenario: &Scenario) {
        let generation = match scenario.generation {
            Generation::ReplicationId => self.redis[0].replication_id,
            Generation::RunId => self.redis[0].run,
        };
        if self.redis[0].log.generation != generation {
            let epoch = self.fresh();
            self.redis[0].log = Log {
                epoch,
                generation,
                messages: Vec::new(),
            };
        }
    }

    /// gap_fill.lua, and the server's processing of its result.
    fn sync(&mut self, scenario: &Scenario) {
        self.open(scenario);
        let log = &self.redis[0].log;
        if log.epoch == self.reader.epoch && log.messages.len() < self.reader.messages.len() {
            let (epoch, generation) = (self.fresh(), self.redis[0].log.generation);
            self.redis[0].log = Log {
                epoch,
                generation,
                messages: Vec::new(),
            };
        }
        let log = &self.redis[0].log;
        if log.epoch == self.reader.epoch {
            let known = self.reader.messages.len();
            self.reader.messages.extend(&log.messages[known..]);
        } else {
            self.reader.epoch = log.epoch;
            self.reader.messages = log.messages.clone();
        }
    }
}

impl Model for Scenario {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let redis = |run, is_master| Redis {
            is_master,
            run,
            replication_id: 1,
            log: Log {
                epoch: 1,
                generation: 1,
                messages: Vec::new(),
            },
        };
        vec![State {
            redis: [redis(1, true), redis(2, false)],
            reader: Reader {
                is_connected: true,
                epoch: 1,
                messages: Vec::new(),
            },
            published: Vec::new(),
            offset_was_reused: false,
            next_message: 0,
            role_changes: 0,
            last_id: 2,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let [a, b] = &state.redis;
        if a.is_master && state.next_message < self.publications {
            actions.extend([true, false].map(|is_announced| Action::Publish { is_announced }));
        }
        if a.is_master && !b.is_master {
            actions.push(Action::Replicate);
        }
        if state.reader.is_connected {
            actions.push(Action::Disconnect);
        } else {
            actions.push(Action::Reconnect);
        }
        if state.role_changes < self.role_changes {
            match (a.is_master, b.is_master) {
                (true, false) => actions.extend([Action::PromoteReplica, Action::Restart]),
                (true, true) => actions.push(Action::Demote),
                (false, _) => actions.push(Action::Promote),
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Publish { is_announced } => {
                state.open(self);
                let message = state.next_message;
                state.next_message += 1;
                let log = &mut state.redis[0].log;
                log.messages.push(message);
                let (epoch, offset) = (log.epoch, log.messages.len());
                let has_position = |(e, o, _): &(u8, usize, u8)| (*e, *o) == (epoch, offset);
                state.offset_was_reused |= state.published.iter().any(has_position);
                state.published.push((epoch, offset, message));
                if is_announced && state.reader.is_connected {
                    let follows = state.reader.messages.len() + 1 == offset;
                    if state.reader.epoch == epoch && follows {
                        state.reader.messages.push(message);
                    } else if state.reader.epoch != epoch || state.reader.messages.len() < offset {
                        state.sync(self);
                    }
                }
            }
            Action::Replicate => {
                state.redis[1].log = state.redis[0].log.clone();
                state.redis[1].replication_id = state.redis[0].replication_id;
            }
            Action::PromoteReplica => {
                state.role_changes += 1;
                state.redis[1].is_master = true;
                state.redis[1].replication_id = state.fresh();
            }
            Action::Demote => {
                state.role_changes += 1;
                state.redis[0].is_master = false;
                state.redis[0].log = state.redis[1].log.clone();
                state.redis[0].replication_id = state.redis[1].replication_id;
            }
            Action::Promote => {
                state.role_changes += 1;
                state.redis[0].is_master = true;
                state.redis[0].replication_id = state.fresh();
            }
            Action::Restart => {
                state.role_changes += 1;
                let id = state.fresh();
                state.redis[0].replication_id = id;
                state.redis[0].run = id;
                // The last message was not written to disk.
                state.redis[0].log.messages.pop();
                state.reader.is_connected = false;
            }
            Action::Disconnect => state.reader.is_connected = false,
            Action::Reconnect => {
                if state.redis[0].is_master {
                    state.reader.is_connected = true;
                    state.sync(self);
                }
            }
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "no offset is assigned twice in an epoch",
                |_, state: &State| !state.offset_was_reused,
            ),
            Property::always(
                "a reader has only published messages",
                |_, state: &State| {
                    let reader = &state.reader;
                    let mut read = reader.messages.iter().zip(1..);
                    read.all(|(message, offset)| {
                        state.published.contains(&(reader.epoch, offset, *message))
                    })
                },
            ),
            Property::always(
                "a synchronized reader has all messages",
                |scenario: &Self, state: &State| {
                    let mut synced = state.clone();
                    if !synced.redis[0].is_master {
                        return true;
                    }
                    synced.sync(scenario);
                    synced.reader.epoch == synced.redis[0].log.epoch
                        && synced.reader.messages == synced.redis[0].log.messages
                },
            ),
            Property::sometimes("a new epoch begins", |_, state: &State| {
                state.reader.epoch != 1 && !state.reader.messages.is_empty()
            }),
        ]
    }
}

fn scenario(generation: Generation) -> Scenario {
    Scenario {
        generation,
        publications: 4,
        role_changes: 4,
    }
}

#[test]
fn no_undetected_loss_when_a_master_is_demoted_and_promoted() {
    let checker = scenario(Generation::ReplicationId).checker().threads(2);
    let checker = checker.spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    checker.assert_properties();
}

#[test]
fn run_id_does_not_detect_a_demotion() {
    let checker = scenario(Generation::RunId).checker().threads(2);
    let checker = checker.spawn_bfs().join();
    let reused = checker.discovery("no offset is assigned twice in an epoch");
    assert!(
        reused.is_some(),
        "the model does not find the reused offset"
    );
}
