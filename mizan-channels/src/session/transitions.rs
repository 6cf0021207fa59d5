//! The transitions of a session.

use std::time::Duration;

use super::channel_session::{ChannelSession, Phase, Reauthentication, WRITE_CREDIT_MESSAGES};
use super::events::{SessionInput, SessionOutput};
use super::heartbeat::Liveness;
use super::protocol::{self, ClientFrame};
use super::subscription::{MAX_READ_MESSAGES, SubscriptionError};
use super::timers::Timer;
use crate::broker::{BrokerEvent, ReadReply};
use crate::transport::{Close, CloseCode};

/// The window in which frames are counted.
const RATE_WINDOW: Duration = Duration::from_secs(5);

impl ChannelSession {
    /// Processes an input. Adds the actions for the driver to `out`, in order.
    pub fn step(&mut self, input: SessionInput, out: &mut Vec<SessionOutput>) {
        if matches!(self.phase, Phase::Closed) {
            return;
        }
        let start = out.len();
        if let Err(close) = self.apply(input, out) {
            self.phase = Phase::Closed;
            self.subscriptions.clear();
            out.push(SessionOutput::Close(close));
        } else {
            self.read_next(out);
            let is_frame = |output: &SessionOutput| matches!(output, SessionOutput::Frame(_));
            if out[start..].iter().any(is_frame) {
                self.heartbeat.on_send();
            }
        }
    }

    fn apply(&mut self, input: SessionInput, out: &mut Vec<SessionOutput>) -> Result<(), Close> {
        match input {
            SessionInput::Frame(text) => {
                self.count_frame(out)?;
                self.apply_frame(protocol::parse_frame(&text)?, out)?;
            }
            SessionInput::Ping => self.count_frame(out)?,
            SessionInput::Authenticated { ticket, result } => {
                self.authenticated(ticket, result, out)?;
            }
            SessionInput::Authorized { id, ticket, result } => {
                self.authorized(id, ticket, result, out);
            }
            SessionInput::Attached { id, log, start } => {
                if let Some(subscription) = self.find(id) {
                    subscription.attached(&log, start, out);
                }
            }
            SessionInput::Broker { id, event } => {
                if let Some(subscription) = self.find(id) {
                    match event {
                        BrokerEvent::LogChanged(log) => subscription.mark_dirty(log),
                        BrokerEvent::Unavailable => subscription.broker_unavailable(out),
                        BrokerEvent::Available => subscription.broker_available(),
                    }
                }
            }
            SessionInput::Read { id, log, reply } => {
                if let ReadReply::Messages { messages, .. } = &reply {
                    let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
                    self.write_credit = self.write_credit.saturating_sub(count);
                }
                self.advance(id, out, |subscription, out| {
                    subscription.read(log, reply, out)
                })?;
            }
            SessionInput::Snapshot { id, result } => {
                self.advance(id, out, |subscription, out| {
                    let snapshot = result.map_err(SubscriptionError::Unsubscribe)?;
                    subscription.snapshot(snapshot, out)
                })?;
            }
            SessionInput::Members { id, at, members } => {
                if let Some(subscription) = self.find(id) {
                    subscription.members(at, &members, out);
                }
            }
            SessionInput::MessageReply { id, mid, result } => {
                self.message_reply(id, &mid, &result, out);
            }
            SessionInput::HistoryReply { mid, result } => self.reply(&mid, &result, out),
            SessionInput::Timer(timer) => self.timer_expired(timer, out)?,
            SessionInput::Writable => self.write_credit = WRITE_CREDIT_MESSAGES,
            SessionInput::PermissionsChanged => {
                self.reauthenticate(Reauthentication::PermissionsChanged, None, out);
            }
            SessionInput::Revoked => {
                return Err(Close::new(CloseCode::Revoked, "the session was revoked"));
            }
            SessionInput::Drain(after) => {
                if !self.is_draining {
                    self.is_draining = true;
                    out.push(SessionOutput::Frame(protocol::drain(after.as_millis())));
                    out.push(SessionOutput::Timer(Timer::Drain, after));
                }
            }
        }
        Ok(())
    }

    fn count_frame(&mut self, out: &mut Vec<SessionOutput>) -> Result<(), Close> {
        self.heartbeat.on_receive();
        if self.frames_in_window == 0 {
            out.push(SessionOutput::Timer(Timer::RateWindow, RATE_WINDOW));
        }
        self.frames_in_window += 1;
        let window_seconds = u32::try_from(RATE_WINDOW.as_secs()).unwrap_or(u32::MAX);
        let max_per_second = self.settings.limits.max_frames_per_second;
        if self.frames_in_window > max_per_second.saturating_mul(window_seconds) {
            let reason = format!("rate limit exceeded: more than {max_per_second} frames a second");
            return Err(Close::new(CloseCode::RateLimited, reason));
        }
        Ok(())
    }

    fn apply_frame(
        &mut self,
        frame: ClientFrame,
        out: &mut Vec<SessionOutput>,
    ) -> Result<(), Close> {
        if !matches!(self.phase, Phase::Open(_)) {
            let ClientFrame::Hello { client, token } = frame else {
                return Err(protocol::malformed("the first frame must be `hello`"));
            };
            return self.hello(client, token, out);
        }
        match frame {
            ClientFrame::Hello { .. } => return Err(protocol::malformed("duplicate `hello`")),
            ClientFrame::Sub(sub) => self.subscribe(sub, out)?,
            ClientFrame::Unsub { sub } => {
                if let Some(id) = self.find_by_number(sub).map(|found| found.id) {
                    self.remove(id, &protocol::unsubscribed(sub), out);
                }
            }
            ClientFrame::Msg { sub, mid, data } => self.message(sub, mid, data, out),
            ClientFrame::History {
                sub,
                mid,
                before,
                limit,
            } => self.history(sub, mid, before, limit, out),
            ClientFrame::Auth { token } => {
                self.reauthenticate(Reauthentication::Requested, token, out);
            }
            ClientFrame::Pong => {}
        }
        Ok(())
    }

    fn timer_expired(&mut self, timer: Timer, out: &mut Vec<SessionOutput>) -> Result<(), Close> {
        let limits = &self.settings.limits;
        let timed_out = |reason| Err(Close::new(CloseCode::TimedOut, reason));
        match timer {
            Timer::Hello if matches!(self.phase, Phase::AwaitingHello) => {
                return timed_out("timed out waiting for `hello`");
            }
            Timer::Hello => {}
            Timer::RateWindow => self.frames_in_window = 0,
            Timer::Heartbeat => {
                let liveness = self.heartbeat.poll();
                if liveness != Liveness::Active {
                    out.push(SessionOutput::Frame(protocol::PING));
                }
                if liveness == Liveness::Idle {
                    out.push(SessionOutput::Timer(Timer::Pong, limits.pong_timeout));
                }
                let next = limits.heartbeat_interval / 2;
                out.push(SessionOutput::Timer(Timer::Heartbeat, next));
            }
            // The driver is not reading, so the pong may be among the unread frames.
            Timer::Pong if !self.wants_input() => {
                out.push(SessionOutput::Timer(Timer::Pong, limits.pong_timeout));
            }
            Timer::Pong if self.heartbeat.is_awaiting_pong() => {
                return timed_out("timed out waiting for a response to a ping");
            }
            Timer::Pong => {}
            Timer::Reauthorize => {
                self.schedule_reauthorization(out);
                if self.reauthorization_is_scheduled {
                    self.reauthenticate(Reauthentication::Periodic, None, out);
                }
            }
            Timer::Credential => self.credential_deadline()?,
            Timer::Drain => {
                let reason = "the server is shutting down; reconnect";
                return Err(Close::new(CloseCode::ServiceRestart, reason));
            }
        }
        Ok(())
    }

    /// Requests the next read for a subscription that may have unread messages. The subscriptions take turns, with
    /// a few messages each.
    fn read_next(&mut self, out: &mut Vec<SessionOutput>) {
        if self.write_credit == 0 {
            return;
        }
        for index in 0..self.subscriptions.len() {
            let subscription = &mut self.subscriptions[index];
            if let Some((log, after)) = subscription.next_read() {
                out.push(SessionOutput::Read {
                    id: subscription.id,
                    log,
                    after,
                    max_messages: MAX_READ_MESSAGES.min(self.write_credit),
                });
                // The next turn begins with the subscriptions that have waited longest.
                self.subscriptions[index..].rotate_left(1);
                return;
            }
        }
    }
}
