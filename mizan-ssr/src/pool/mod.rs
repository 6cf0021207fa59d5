//! The pool of render threads, with deadlines and replacement of stuck threads.

mod abandon;
mod caller;
mod chunk_sender;
mod event_loop;
mod isolate;
mod job;
mod job_deadline;
mod render_cost;
mod replacement_budget;
mod settings;
mod watchdog;
mod work_queue;
mod worker;
mod worker_pool;

pub(crate) use caller::Submitted;
pub(crate) use job::{Job, KnownComponent};
pub(crate) use job_deadline::{JobDeadline, JobOutput};
pub(crate) use settings::{CALLER_LIMIT, INTERRUPT_DELAY, WorkerSettings};
pub(crate) use watchdog::Watchdog;
pub(crate) use worker_pool::{WorkerPool, closed};
