//! The events of a client that reads the log of a resumable stream.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use mizan_channels::broker::{BrokerEvent, Message, Notification, Notifications};
use mizan_core::{Error, ErrorCode};
use tokio::time::{Instant, Sleep, sleep_until};

use super::log::{LogCursor, decode};
use super::record::Record;
use crate::streaming::source::{Part, Source, StreamError};

/// Reads a log from a position to its end.
pub(super) struct LogSource {
    id: String,
    cursor: LogCursor,
    records: VecDeque<Message>,
    lease: Duration,
    /// The time of the last record, or of the beginning of this source.
    last_record: Instant,
    timer: Pin<Box<Sleep>>,
    /// `false` while the broker is unavailable, so that missing records are no sign of a dead process.
    is_broker_available: bool,
    affects: String,
    has_ended: bool,
}

impl LogSource {
    pub(super) fn new(id: String, cursor: LogCursor, lease: Duration) -> Self {
        let now = Instant::now();
        Self {
            id,
            cursor,
            records: VecDeque::new(),
            lease,
            last_record: now,
            timer: Box::pin(sleep_until(now + lease)),
            is_broker_available: true,
            affects: String::new(),
            has_ended: false,
        }
    }

    /// Returns the part or the end in the next record, or `None` for other records.
    fn next(&mut self, message: &Message) -> Option<Option<Result<Part, StreamError>>> {
        self.last_record = Instant::now();
        match decode(&message.data)? {
            Record::Part(json) => {
                let epoch = &self.cursor.position.epoch;
                Some(Some(Ok(Part {
                    id: Some(format!("{}.{epoch}.{}", self.id, message.offset)),
                    json: message.data.slice_ref(json.get().as_bytes()),
                })))
            }
            Record::Problem(document) | Record::Refused(document) => {
                let document = message.data.slice_ref(document.get().as_bytes());
                Some(Some(Err(StreamError::Document(document))))
            }
            Record::End(affects) => {
                self.affects = affects;
                Some(None)
            }
            Record::Begin(_) | Record::Heartbeat | Record::Stop => None,
        }
    }

    fn observe(&mut self, notifications: Notifications) {
        for notification in notifications {
            match notification {
                Notification::Broker(_, BrokerEvent::Unavailable) => {
                    self.is_broker_available = false;
                }
                Notification::Broker(_, BrokerEvent::Available) => {
                    self.is_broker_available = true;
                    self.last_record = Instant::now();
                }
                _ => {}
            }
        }
    }

    /// Returns the error of a stream whose process gave no sign of life for the time of the lease.
    fn poll_lease(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        loop {
            let expires = self.last_record + self.lease;
            if Instant::now() >= expires {
                return Poll::Ready(Error::new(
                    ErrorCode::OutcomeUnknown,
                    "the server stopped while it ran the function",
                ));
            }
            if self.timer.deadline() < expires {
                self.timer.as_mut().reset(expires);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl Source for LogSource {
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Part, StreamError>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        loop {
            while let Some(message) = self.records.pop_front() {
                if let Some(part) = self.next(&message) {
                    self.has_ended = !matches!(part, Some(Ok(_)));
                    return Poll::Ready(part);
                }
            }
            match self.cursor.read() {
                Some(records) if records.is_empty() => {}
                Some(records) => {
                    self.records.extend(records);
                    continue;
                }
                None => {
                    self.has_ended = true;
                    return Poll::Ready(Some(Err(StreamError::Error(lost()))));
                }
            }
            if let Poll::Ready(notifications) = self.cursor.notifications.poll_take(cx) {
                self.observe(notifications);
                continue;
            }
            if !self.is_broker_available {
                return Poll::Pending;
            }
            return self.poll_lease(cx).map(|error| {
                self.has_ended = true;
                Some(Err(StreamError::Error(error)))
            });
        }
    }

    /// The function continues to run.
    fn fail(&mut self, error: Error) -> Error {
        self.has_ended = true;
        error
    }

    fn leave(&mut self) {}

    fn finish(self: Box<Self>) -> String {
        self.affects
    }
}

/// Returns the error of a client whose position is not in the log any more.
fn lost() -> Error {
    Error::new(
        ErrorCode::OutcomeUnknown,
        "the server has lost the rest of the stream",
    )
}
