//! The subscriptions of a session: created, authorized, removed.

use bytes::Bytes;

use super::channel_session::ChannelSession;
use super::client_messages::not_subscribed;
use super::events::{SessionOutput, SubscriptionRequest};
use super::protocol::{self, Sub};
use super::refusal::Refusal;
use super::settings::SubscriptionConfig;
use super::subscription::{StartPosition, Subscription, SubscriptionError};
use super::timers::Timer;
use crate::broker::SubscriptionId;
use crate::transport::{Close, CloseCode};

impl ChannelSession {
    pub(super) fn subscribe(
        &mut self,
        frame: Sub,
        out: &mut Vec<SessionOutput>,
    ) -> Result<(), Close> {
        if self.find_by_number(frame.sub).is_some() {
            let reason = "this `sub` is in use; send `unsub` first";
            return Err(protocol::malformed(reason));
        }
        let max = self.settings.limits.max_subscriptions;
        if self.subscriptions.len() >= max {
            let reason = format!("too many subscriptions: the limit is {max}");
            return Err(Close::new(CloseCode::TooManySubscriptions, reason));
        }
        if self.is_draining {
            let refused = protocol::unsubscribed_with_error(frame.sub, &Refusal::draining());
            out.push(SessionOutput::Frame(refused));
            return Ok(());
        }
        let ticket = self.take_ticket();
        let start = StartPosition {
            since: frame.since,
            recent: frame.recent,
        };
        let id = SubscriptionId::new(ticket);
        let subscription = Subscription::new(frame.sub, id, ticket, start);
        out.push(subscription.request(SubscriptionRequest::Join {
            ticket,
            channel: frame.channel,
            contract: frame.contract,
            params: frame.params,
        }));
        self.subscriptions.push(subscription);
        Ok(())
    }

    pub(super) fn authorized(
        &mut self,
        id: SubscriptionId,
        ticket: u32,
        result: Result<SubscriptionConfig, Refusal>,
        out: &mut Vec<SessionOutput>,
    ) {
        let Some(subscription) = self.find(id).filter(|found| found.ticket == ticket) else {
            return;
        };
        match result {
            Ok(config) => {
                subscription.authorized(config, out);
                if !self.reauthorization_is_scheduled {
                    self.schedule_reauthorization(out);
                }
            }
            Err(refusal) => {
                let refused = protocol::unsubscribed_with_error(subscription.number, &refusal);
                self.remove(id, &refused, out);
            }
        }
    }

    /// Sets the timer to the shortest interval of all subscriptions, if any.
    pub(super) fn schedule_reauthorization(&mut self, out: &mut Vec<SessionOutput>) {
        let configs = self.subscriptions.iter().filter_map(Subscription::config);
        let shortest = configs.map(|config| config.reauthorize).min();
        self.reauthorization_is_scheduled = shortest.is_some();
        out.extend(shortest.map(|interval| SessionOutput::Timer(Timer::Reauthorize, interval)));
    }

    /// Runs a transition of a subscription. Removes the subscription, or closes the connection, if it fails.
    pub(super) fn advance(
        &mut self,
        id: SubscriptionId,
        out: &mut Vec<SessionOutput>,
        transition: impl FnOnce(
            &mut Subscription,
            &mut Vec<SessionOutput>,
        ) -> Result<(), SubscriptionError>,
    ) -> Result<(), Close> {
        let Some(subscription) = self.find(id) else {
            return Ok(());
        };
        match transition(subscription, out) {
            Ok(()) => Ok(()),
            Err(SubscriptionError::Disconnect(close)) => Err(close),
            Err(SubscriptionError::Unsubscribe(refusal)) => {
                let refused = protocol::unsubscribed_with_error(subscription.number, &refusal);
                self.remove(id, &refused, out);
                Ok(())
            }
        }
    }

    /// Removes a subscription. `last` is its last frame; only replies to running messages may follow.
    pub(super) fn remove(
        &mut self,
        id: SubscriptionId,
        last: &Bytes,
        out: &mut Vec<SessionOutput>,
    ) {
        let mut subscriptions = self.subscriptions.iter();
        let Some(index) = subscriptions.position(|subscription| subscription.id == id) else {
            return;
        };
        let subscription = self.subscriptions.swap_remove(index);
        let detach = subscription.request(SubscriptionRequest::Detach);
        for message in subscription.queue.into_waiting() {
            self.in_flight -= 1;
            out.push(not_subscribed(&message.mid));
        }
        out.push(SessionOutput::Frame(last.clone()));
        out.push(detach);
    }
}
