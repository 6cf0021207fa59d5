//! Who is at the other end of a connection, and whether that still holds.

use std::sync::Arc;

use super::step::{Output, Timer};
use super::{ConnectionState, Session};
use crate::close::{Close, CloseCode};
use crate::protocol::{self, Refusal};

/// Why it is being found out who the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Identifying {
    Hello { with_token: bool },
    Renewed,
    Again,
}

impl Session {
    pub(super) fn identify(
        &mut self,
        why: Identifying,
        token: Option<String>,
        out: &mut Vec<Output>,
    ) {
        let ticket = self.ticket();
        self.identifying = Some((ticket, why));
        out.push(Output::Identify { ticket, token });
    }

    pub(super) fn identified(
        &mut self,
        ticket: u32,
        result: Result<Option<Arc<str>>, Refusal>,
        out: &mut Vec<Output>,
    ) -> Result<(), Close> {
        let Some((_, why)) = self.identifying.take_if(|(asked, _)| *asked == ticket) else {
            return Ok(());
        };
        let unauthenticated = |reason| Err(Close::new(CloseCode::Unauthenticated, reason));
        match (why, result) {
            (Identifying::Hello { with_token }, Ok(user)) => {
                if with_token && user.is_none() {
                    return unauthenticated("the token is wrong or has lapsed");
                }
                self.user = user;
                self.open(out);
            }
            (Identifying::Hello { .. }, Err(_)) => {
                let reason = "it could not be found out who you are";
                return Err(Close::new(CloseCode::Internal, reason));
            }
            // Asked again by the timer. Revocation does not wait for this.
            (_, Err(_)) => {}
            (_, Ok(user)) if user == self.user || self.user.is_none() => {
                self.user = user;
                self.lapsed = false;
                self.authorize_all(out);
            }
            (Identifying::Again, Ok(None)) => {
                if !self.lapsed {
                    self.lapsed = true;
                    let grace = self.settings.limits.reauth_grace;
                    out.push(Output::Frame(protocol::reauth(grace.as_millis())));
                    out.push(Output::Timer(Timer::Credential, grace));
                }
            }
            (_, Ok(None)) => return unauthenticated("the token is wrong or has lapsed"),
            (_, Ok(Some(_))) => {
                let reason = "a connection has one user; open another one";
                return Err(Close::new(CloseCode::Revoked, reason));
            }
        }
        Ok(())
    }

    fn open(&mut self, out: &mut Vec<Output>) {
        if self.state == ConnectionState::AwaitingHello {
            self.state = ConnectionState::Open;
        }
        let limits = &self.settings.limits;
        let mut welcome = serde_json::json!({
            "t": "welcome",
            "conn": self.name,
            "contract": self.settings.contract,
            "heartbeat": u64::try_from(limits.heartbeat.as_millis()).unwrap_or(u64::MAX),
            "limits": {
                "frame": limits.frame_bytes,
                "subs": limits.subscriptions,
                "rate": limits.frames_per_second,
                "inflight": limits.in_flight,
            },
        });
        if let Some(user) = &self.user {
            welcome["user"] = serde_json::json!(**user);
        }
        out.push(Output::Frame(welcome.to_string().into()));
        out.push(Output::Timer(Timer::Heartbeat, limits.heartbeat / 2));
    }

    fn authorize_all(&mut self, out: &mut Vec<Output>) {
        for index in 0..self.subscriptions.len() {
            let ticket = self.ticket();
            let subscription = &mut self.subscriptions[index];
            subscription.ticket = ticket;
            out.push(Output::Authorize {
                id: subscription.id,
                ticket,
            });
        }
    }
}
