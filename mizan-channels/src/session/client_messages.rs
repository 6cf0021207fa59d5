//! Messages and history requests of the client, and their replies.

use bytes::Bytes;

use super::channel_session::ChannelSession;
use super::events::{SessionOutput, SubscriptionRequest};
use super::message_queue::ClientMessage;
use super::protocol;
use super::refusal::Refusal;
use crate::broker::SubscriptionId;

impl ChannelSession {
    pub(super) fn message(
        &mut self,
        number: u32,
        mid: String,
        data: Bytes,
        out: &mut Vec<SessionOutput>,
    ) {
        if self.is_draining {
            return out.push(error_reply(&mid, &Refusal::draining()));
        }
        let subscription = self.find_by_number(number);
        let Some(subscription) = subscription.filter(|found| found.is_confirmed()) else {
            return out.push(not_subscribed(&mid));
        };
        if let Some(message) = subscription.queue.push(ClientMessage { mid, data }) {
            out.push(subscription.request(receive(message)));
        }
        self.in_flight += 1;
    }

    pub(super) fn message_reply(
        &mut self,
        id: SubscriptionId,
        mid: &str,
        result: &Result<Bytes, Refusal>,
        out: &mut Vec<SessionOutput>,
    ) {
        self.reply(mid, result, out);
        if let Some(subscription) = self.find(id)
            && let Some(next) = subscription.queue.finish()
        {
            out.push(subscription.request(receive(next)));
        }
    }

    pub(super) fn history(
        &mut self,
        number: u32,
        mid: String,
        before: Option<u64>,
        limit: u32,
        out: &mut Vec<SessionOutput>,
    ) {
        let subscription = self.find_by_number(number);
        let Some(subscription) = subscription.filter(|found| found.is_confirmed()) else {
            return out.push(not_subscribed(&mid));
        };
        out.push(subscription.request(SubscriptionRequest::History { mid, before, limit }));
        self.in_flight += 1;
    }

    pub(super) fn reply(
        &mut self,
        mid: &str,
        result: &Result<Bytes, Refusal>,
        out: &mut Vec<SessionOutput>,
    ) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let result = result.as_deref();
        out.push(SessionOutput::Frame(protocol::reply(mid, result)));
    }
}

fn receive(ClientMessage { mid, data }: ClientMessage) -> SubscriptionRequest {
    SubscriptionRequest::Receive { mid, data }
}

pub(super) fn not_subscribed(mid: &str) -> SessionOutput {
    error_reply(mid, &Refusal::not_subscribed())
}

fn error_reply(mid: &str, refusal: &Refusal) -> SessionOutput {
    SessionOutput::Frame(protocol::reply(mid, Err(refusal)))
}
