//! The task that runs the function of a resumable stream, and appends its parts to the log.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use mizan_core::adapter::{CallStream, FunctionEntry, ReplyHead};
use mizan_core::{Error, ErrorCode, Principal, RequestHead};
use serde_json::value::RawValue;
use tokio::sync::oneshot;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep, sleep_until};

use super::log::{LogCursor, StreamLog, decode};
use super::record::{Record, document};
use crate::body::payload::Payload;
use crate::calls::resources::StreamResources;
use crate::calls::runner::CallRunner;
use crate::service::limits::HttpLimits;
use crate::streaming::active::StreamShare;
use crate::streaming::source::affects;

/// The delays before a record is appended again while the broker is unavailable.
const RETRY_DELAYS: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// The result of the part of a function before its stream: the head of the reply, or the error.
pub(super) type Started = Result<ReplyHead, Error>;

/// A function that is to run.
pub(super) struct Producer {
    pub(super) calls: Arc<CallRunner>,
    pub(super) limits: HttpLimits,
    pub(super) function: FunctionEntry,
    pub(super) principal: Principal,
    pub(super) head: Arc<RequestHead>,
    pub(super) log: StreamLog,
    /// Reads the requests to stop.
    pub(super) stops: LogCursor,
    /// Identifies this run in keys of records, so that none is appended twice.
    pub(super) run: u128,
    pub(super) share: StreamShare,
}

impl Producer {
    /// Runs the function to its end, also when no client reads. `started` receives the result of its beginning.
    pub(super) async fn run(self, payload: Payload, started: oneshot::Sender<Started>) {
        let (head, principal) = (Arc::clone(&self.head), self.principal.clone());
        let mut heartbeat = self.heartbeat();
        let (mut reply, resources) = {
            let mut start = pin!(
                self.calls
                    .run_stream(&self.function, principal, head, payload)
            );
            loop {
                tokio::select! {
                    ran = &mut start => break ran,
                    _ = heartbeat.tick() => self.append(&Record::Heartbeat, "").await,
                };
            }
        };
        let (Some(stream), Some(resources)) = (reply.stream.take(), resources) else {
            let error = reply.result.err();
            let error = error.unwrap_or_else(|| Error::internal("the function returned no stream"));
            let document = document(&error);
            self.append(&Record::Refused(&document), "refused").await;
            // The request has its own copy of the error, if its client still waits.
            let _ = started.send(Err(error));
            return;
        };
        let _ = started.send(Ok(reply.head));
        self.produce(stream, resources).await;
    }

    async fn produce(mut self, mut stream: Box<CallStream>, resources: StreamResources) {
        let deadline = Instant::now() + self.limits.stream_deadline;
        let mut heartbeat = self.heartbeat();
        let (mut parts, mut bytes) = (0, 0);
        let error = loop {
            let part = tokio::select! {
                biased;
                notified = self.stops.notifications.take() => {
                    drop(notified);
                    if self.is_stopped() {
                        let message = "the stream was stopped";
                        break Some(stream.fail(Error::new(ErrorCode::Conflict, message)));
                    }
                    continue;
                }
                () = sleep_until(deadline) => {
                    let message = "the stream exceeded its deadline";
                    break Some(stream.fail(Error::new(ErrorCode::DeadlineExceeded, message)));
                }
                _ = heartbeat.tick() => {
                    self.append(&Record::Heartbeat, "").await;
                    continue;
                }
                part = stream.next() => part,
            };
            let json = match part {
                Some(Ok(json)) => json,
                Some(Err(error)) => break Some(error),
                None => break None,
            };
            parts += 1;
            bytes += json.len();
            if parts > self.limits.max_resumable_parts || bytes > self.limits.max_resumable_bytes {
                let message = "the stream has more parts than a resumable stream can keep";
                break Some(stream.fail(Error::new(ErrorCode::TooLarge, message)));
            }
            let Ok(json) = serde_json::from_slice::<&RawValue>(&json) else {
                break Some(stream.fail(Error::internal("a part is not JSON")));
            };
            if !self.append(&Record::Part(json), &parts.to_string()).await {
                // Without its records, the stream ends for its readers when the lease expires.
                stream.fail(Error::new(ErrorCode::Unavailable, "the log is unavailable"));
                break None;
            }
        };
        let end = stream.finish();
        match error {
            Some(error) => {
                let document = document(&error);
                self.append(&Record::Problem(&document), "end").await
            }
            None => {
                self.append(&Record::End(affects(&end.affects)), "end")
                    .await
            }
        };
        resources.run_background(end.background);
        drop(self.share);
    }

    fn heartbeat(&self) -> Interval {
        let mut heartbeat = interval(self.limits.resumable_lease / 3);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat
    }

    /// Returns whether a client has requested to stop.
    fn is_stopped(&mut self) -> bool {
        let mut is_stopped = false;
        while let Some(records) = self.stops.read().filter(|records| !records.is_empty()) {
            let mut records = records.iter();
            is_stopped |= records.any(|record| matches!(decode(&record.data), Some(Record::Stop)));
        }
        is_stopped
    }

    /// Appends a record, again while the broker is unavailable. `part` identifies it in this run; an empty one is not
    /// repeated. Returns whether the record is in the log.
    async fn append(&self, record: &Record<'_>, part: &str) -> bool {
        let key = (!part.is_empty()).then(|| format!("{:x}.{part}", self.run));
        for delay in RETRY_DELAYS {
            match self.log.append(record, key.clone()).await {
                Ok(()) => return true,
                Err(_) if key.is_none() => return false,
                Err(error) => {
                    tracing::warn!(function = self.function.name(), %error, "the log of a stream is unavailable");
                    sleep(delay).await;
                }
            }
        }
        false
    }
}
