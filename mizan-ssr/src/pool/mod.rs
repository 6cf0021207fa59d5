//! The pool of render threads, with deadlines and replacement of stuck threads.

mod chunk_sender;
mod event_loop;
mod job;
mod job_deadline;
mod replacement_budget;
mod settings;
mod watchdog;
mod worker;
mod worker_pool;

pub(crate) use job::Job;
pub(crate) use job_deadline::{JobDeadline, JobOutput};
pub(crate) use settings::{INTERRUPT_DELAY, WorkerSettings};
pub(crate) use watchdog::Watchdog;
pub(crate) use worker_pool::WorkerPool;
