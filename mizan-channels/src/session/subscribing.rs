//! The subscriptions of a connection: begun, authorized, ended.

use bytes::Bytes;

use super::step::{Output, SubId, Timer};
use super::{ConnectionState, Session, not_subscribed};
use crate::close::{Close, CloseCode};
use crate::protocol::{self, Refusal, Sub};
use crate::subscription::{Ended, Subscription, Terms, Wish};

impl Session {
    pub(super) fn subscribe(&mut self, frame: Sub, out: &mut Vec<Output>) -> Result<(), Close> {
        if self.by_alias(frame.sub).is_some() {
            return Err(protocol::refuse("`sub` is in use; send `unsub` first"));
        }
        let most = self.settings.limits.subscriptions;
        if self.subscriptions.len() >= most {
            let reason = format!("more than {most} subscriptions");
            return Err(Close::new(CloseCode::TooManySubscriptions, reason));
        }
        if self.state == ConnectionState::Draining {
            let refused = protocol::refused(frame.sub, &Refusal::unavailable());
            out.push(Output::Frame(refused));
            return Ok(());
        }
        let ticket = self.ticket();
        let id = SubId::new(ticket);
        let wish = Wish {
            since: frame.since,
            recent: frame.recent,
        };
        self.subscriptions
            .push(Subscription::new(frame.sub, id, ticket, wish));
        out.push(Output::Join {
            id,
            ticket,
            channel: frame.channel,
            params: frame.params,
        });
        Ok(())
    }

    pub(super) fn authorized(
        &mut self,
        id: SubId,
        ticket: u32,
        result: Result<Terms, Refusal>,
        out: &mut Vec<Output>,
    ) {
        let Some(subscription) = self.find(id).filter(|found| found.ticket == ticket) else {
            return;
        };
        match result {
            Ok(terms) => {
                subscription.authorized(terms, out);
                if !self.reauthorizing {
                    self.arm_reauthorization(out);
                }
            }
            Err(refusal) => {
                let refused = protocol::refused(subscription.alias, &refusal);
                self.remove(id, &refused, out);
            }
        }
    }

    pub(super) fn arm_reauthorization(&mut self, out: &mut Vec<Output>) {
        let terms = self
            .subscriptions
            .iter()
            .filter_map(|found| found.terms.as_ref());
        let soonest = terms.map(|terms| terms.reauthorize).min();
        self.reauthorizing = soonest.is_some();
        out.extend(soonest.map(|after| Output::Timer(Timer::Reauthorize, after)));
    }

    /// Runs a step of a subscription, and ends what it ends.
    pub(super) fn advance(
        &mut self,
        id: SubId,
        out: &mut Vec<Output>,
        step: impl FnOnce(&mut Subscription, &mut Vec<Output>) -> Result<(), Ended>,
    ) -> Result<(), Close> {
        let Some(subscription) = self.find(id) else {
            return Ok(());
        };
        match step(subscription, out) {
            Ok(()) => Ok(()),
            Err(Ended::Connection(close)) => Err(close),
            Err(Ended::Subscription(refusal)) => {
                let refused = protocol::refused(subscription.alias, &refusal);
                self.remove(id, &refused, out);
                Ok(())
            }
        }
    }

    pub(super) fn remove(&mut self, id: SubId, last: &Bytes, out: &mut Vec<Output>) {
        let mut subscriptions = self.subscriptions.iter();
        let Some(index) = subscriptions.position(|subscription| subscription.id == id) else {
            return;
        };
        let subscription = self.subscriptions.swap_remove(index);
        for (mid, _) in subscription.queue {
            self.in_flight -= 1;
            out.push(not_subscribed(&mid));
        }
        out.push(Output::Frame(last.clone()));
        out.push(Output::Detach { id });
    }
}
