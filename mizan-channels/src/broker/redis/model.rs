//! Every interleaving, in bounds, of a Redis that is demoted and promoted, its replica, a publisher and a
//! server that reads. The steps are those of the scripts.

use stateright::{Checker, Model, Property};

/// The id that marks a log with the data set in which it began.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Generation {
    ReplicationId,
    /// Stays the same for as long as the process runs.
    RunId,
}

struct World {
    generation: Generation,
    publications: u8,
    changes: u8,
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

/// The log of a server that reads, and the messages that it was given before the last gap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Reader {
    is_linked: bool,
    epoch: u8,
    messages: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    redis: [Redis; 2],
    reader: Reader,
    /// The messages that the reader received, each as epoch, offset and message.
    given: Vec<(u8, usize, u8)>,
    was_given_twice: bool,
    published: u8,
    changes: u8,
    next: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    /// The word of it reaches the reader, or does not.
    Publish(bool),
    Replicate,
    PromoteReplica,
    Demote,
    Promote,
    Restart,
    Cut,
    Mend,
}

impl State {
    fn fresh(&mut self) -> u8 {
        self.next += 1;
        self.next
    }

    /// `open` of log.lua, on the Redis that everybody has the address of.
    fn open(&mut self, world: &World) {
        let generation = match world.generation {
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

    /// sync.lua, and what the server makes of it.
    fn sync(&mut self, world: &World) {
        self.open(world);
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

impl Model for World {
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
                is_linked: true,
                epoch: 1,
                messages: Vec::new(),
            },
            given: Vec::new(),
            was_given_twice: false,
            published: 0,
            changes: 0,
            next: 2,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let [a, b] = &state.redis;
        if a.is_master && state.published < self.publications {
            actions.extend([Action::Publish(true), Action::Publish(false)]);
        }
        if a.is_master && !b.is_master {
            actions.push(Action::Replicate);
        }
        if state.reader.is_linked {
            actions.push(Action::Cut);
        } else {
            actions.push(Action::Mend);
        }
        if state.changes < self.changes {
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
            Action::Publish(is_heard) => {
                state.open(self);
                let message = state.published;
                state.published += 1;
                let log = &mut state.redis[0].log;
                log.messages.push(message);
                let (epoch, offset) = (log.epoch, log.messages.len());
                let is_given = |(e, o, _): &(u8, usize, u8)| (*e, *o) == (epoch, offset);
                state.was_given_twice |= state.given.iter().any(is_given);
                state.given.push((epoch, offset, message));
                if is_heard && state.reader.is_linked {
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
                state.changes += 1;
                state.redis[1].is_master = true;
                state.redis[1].replication_id = state.fresh();
            }
            Action::Demote => {
                state.changes += 1;
                state.redis[0].is_master = false;
                state.redis[0].log = state.redis[1].log.clone();
                state.redis[0].replication_id = state.redis[1].replication_id;
            }
            Action::Promote => {
                state.changes += 1;
                state.redis[0].is_master = true;
                state.redis[0].replication_id = state.fresh();
            }
            Action::Restart => {
                state.changes += 1;
                let id = state.fresh();
                state.redis[0].replication_id = id;
                state.redis[0].run = id;
                // What was not written to disk is gone.
                state.redis[0].log.messages.pop();
                state.reader.is_linked = false;
            }
            Action::Cut => state.reader.is_linked = false,
            Action::Mend => {
                if state.redis[0].is_master {
                    state.reader.is_linked = true;
                    state.sync(self);
                }
            }
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "no offset is given twice in an epoch",
                |_, state: &State| !state.was_given_twice,
            ),
            Property::always("a reader has what was given", |_, state: &State| {
                let reader = &state.reader;
                let mut read = reader.messages.iter().zip(1..);
                // What a replica has lost is not given again in an epoch, so there is one truth.
                read.all(|(message, offset)| {
                    state.given.contains(&(reader.epoch, offset, *message))
                })
            }),
            Property::always(
                "after a look nothing is missing",
                |world: &Self, state: &State| {
                    let mut looked = state.clone();
                    if !looked.redis[0].is_master {
                        return true;
                    }
                    looked.sync(world);
                    looked.reader.epoch == looked.redis[0].log.epoch
                        && looked.reader.messages == looked.redis[0].log.messages
                },
            ),
            Property::sometimes("a new epoch begins", |_, state: &State| {
                state.reader.epoch != 1 && !state.reader.messages.is_empty()
            }),
        ]
    }
}

fn world(generation: Generation) -> World {
    World {
        generation,
        publications: 4,
        changes: 4,
    }
}

#[test]
fn nothing_is_lost_unnoticed_when_a_master_is_demoted_and_promoted() {
    let checker = world(Generation::ReplicationId).checker().threads(2);
    let checker = checker.spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    checker.assert_properties();
}

#[test]
fn the_id_of_a_run_is_not_enough() {
    let checker = world(Generation::RunId).checker().threads(2);
    let checker = checker.spawn_bfs().join();
    let twice = checker.discovery("no offset is given twice in an epoch");
    assert!(twice.is_some(), "the model does not see what happened");
}
