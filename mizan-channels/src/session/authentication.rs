//! Authentication of the client, after `hello` and periodically.

use std::sync::Arc;

use super::channel_session::{ChannelSession, OpenState, Phase, Reauthentication};
use super::events::{SessionOutput, SubscriptionRequest};
use super::protocol;
use super::refusal::Refusal;
use super::timers::Timer;
use crate::transport::{Close, CloseCode};

impl ChannelSession {
    pub(super) fn hello(
        &mut self,
        client: String,
        token: Option<String>,
        out: &mut Vec<SessionOutput>,
    ) -> Result<(), Close> {
        if !matches!(self.phase, Phase::AwaitingHello) {
            return Err(protocol::malformed("duplicate `hello`"));
        }
        let ticket = self.take_ticket();
        self.phase = Phase::Authenticating {
            client: client.into(),
            ticket,
            has_token: token.is_some(),
        };
        out.push(SessionOutput::Authenticate { ticket, token });
        Ok(())
    }

    /// Authenticates the client of an open connection again. An authentication that the client requests replaces the
    /// one that is running; a periodic authentication does not.
    pub(super) fn reauthenticate(
        &mut self,
        cause: Reauthentication,
        token: Option<String>,
        out: &mut Vec<SessionOutput>,
    ) {
        let ticket = self.next_ticket + 1;
        let Phase::Open(open) = &mut self.phase else {
            return;
        };
        if cause == Reauthentication::Periodic && open.authentication.is_some() {
            return;
        }
        self.next_ticket = ticket;
        open.authentication = Some((ticket, cause));
        out.push(SessionOutput::Authenticate { ticket, token });
    }

    pub(super) fn authenticated(
        &mut self,
        ticket: u32,
        result: Result<Option<Arc<str>>, Refusal>,
        out: &mut Vec<SessionOutput>,
    ) -> Result<(), Close> {
        match &mut self.phase {
            Phase::Authenticating {
                client,
                ticket: expected,
                has_token,
            } if *expected == ticket => {
                let Ok(user) = result else {
                    let reason = "authentication failed; reconnect";
                    return Err(Close::new(CloseCode::InternalError, reason));
                };
                if *has_token && user.is_none() {
                    return Err(invalid_token());
                }
                let client = std::mem::take(client);
                self.open(client, user, out);
            }
            Phase::Open(open) => {
                let running = open
                    .authentication
                    .take_if(|(expected, _)| *expected == ticket);
                // After an error the next periodic authentication tries again. A revocation does not wait for it.
                if let (Some((_, cause)), Ok(user)) = (running, result) {
                    self.reauthenticated(cause, user, out)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, client: Box<str>, user: Option<Arc<str>>, out: &mut Vec<SessionOutput>) {
        let limits = &self.settings.limits;
        let heartbeat_millis = limits.heartbeat_interval.as_millis();
        let mut welcome = serde_json::json!({
            "t": "welcome",
            "conn": self.name,
            "heartbeat": u64::try_from(heartbeat_millis).unwrap_or(u64::MAX),
            "limits": {
                "frame": limits.max_frame_bytes,
                "subs": limits.max_subscriptions,
                "rate": limits.max_frames_per_second,
                "inflight": limits.max_in_flight,
            },
        });
        if let Some(user) = &user {
            welcome["user"] = serde_json::json!(**user);
        }
        out.push(SessionOutput::Frame(welcome.to_string().into()));
        let next = limits.heartbeat_interval / 2;
        out.push(SessionOutput::Timer(Timer::Heartbeat, next));
        self.phase = Phase::Open(OpenState {
            client,
            user,
            authentication: None,
            credential_has_expired: false,
        });
    }

    fn reauthenticated(
        &mut self,
        cause: Reauthentication,
        user: Option<Arc<str>>,
        out: &mut Vec<SessionOutput>,
    ) -> Result<(), Close> {
        let Phase::Open(open) = &mut self.phase else {
            return Ok(());
        };
        match (cause, user) {
            (_, user) if user == open.user || open.user.is_none() => {
                open.user = user;
                open.credential_has_expired = false;
                self.authorize_all(out);
                if cause == Reauthentication::PermissionsChanged {
                    out.push(SessionOutput::Frame(protocol::RETRY_REFUSED));
                }
            }
            (Reauthentication::Periodic | Reauthentication::PermissionsChanged, None) => {
                if !open.credential_has_expired {
                    open.credential_has_expired = true;
                    let timeout = self.settings.limits.reauthentication_timeout;
                    out.push(SessionOutput::Frame(protocol::reauth(timeout.as_millis())));
                    out.push(SessionOutput::Timer(Timer::Credential, timeout));
                }
            }
            (Reauthentication::Requested, None) => return Err(invalid_token()),
            (_, Some(_)) => {
                let reason = "the credential belongs to another user; open a new connection";
                return Err(Close::new(CloseCode::Revoked, reason));
            }
        }
        Ok(())
    }

    /// Closes the connection if the client has not sent a fresh credential in time.
    pub(super) fn credential_deadline(&self) -> Result<(), Close> {
        match &self.phase {
            Phase::Open(open) if open.credential_has_expired => {
                let reason = "the credential has expired, and the client did not renew it in time";
                Err(Close::new(CloseCode::Unauthenticated, reason))
            }
            _ => Ok(()),
        }
    }

    fn authorize_all(&mut self, out: &mut Vec<SessionOutput>) {
        for index in 0..self.subscriptions.len() {
            let ticket = self.take_ticket();
            let subscription = &mut self.subscriptions[index];
            subscription.ticket = ticket;
            out.push(subscription.request(SubscriptionRequest::Authorize { ticket }));
        }
    }
}

fn invalid_token() -> Close {
    Close::new(
        CloseCode::Unauthenticated,
        "the token is invalid or has expired",
    )
}
