//! Opens, rotates and ends the session of a call, and sets its cookie.

use mizan_core::adapter::is_local_path;
use mizan_core::{Cx, Error};

use super::error::session_ended;
use super::{Accounts, NextStep};
use crate::clock::later;
use crate::session::{Device, Session};
use crate::store::Account;
use crate::token::Token;

impl Accounts {
    /// Ends the session of the call and removes its cookie. If the call has several session cookies, it ends
    /// the session of each.
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot be reached. The session may still be valid then.
    pub async fn sign_out(&self, cx: &Cx) -> Result<(), Error> {
        self.end_presented_sessions(cx).await?;
        self.remove_session_cookie(cx);
        Ok(())
    }

    /// Opens a session that replaces the session of the call, if there is one.
    pub(super) async fn open_session(
        &self,
        cx: &Cx,
        account: &Account,
        methods: &str,
        next: Option<&str>,
    ) -> Result<NextStep, Error> {
        self.end_presented_sessions(cx).await?;
        let sessions = &self.0.sessions;
        let device = Device::from_request(cx.head());
        let (session, token) = sessions.open(account, methods, device).await?;
        // If the credentials have changed since they were checked, the session is invalid, and the sign-in fails.
        let current = self.find_active_account(&account.id).await?;
        if current.is_none_or(|current| current.epoch != account.epoch) {
            sessions.revoke(&account.id, session.id).await?;
            return Err(session_ended());
        }
        self.set_session_cookie(cx, &session, &token);
        self.remember_device(cx, account).await;
        tracing::info!(user = account.id, session = %session.id, methods, "signed in");
        Ok(NextStep::SignedIn {
            next: local_path_or_root(next),
        })
    }

    /// Replaces the session of the call with a new one.
    pub(super) async fn rotate_session(&self, cx: &Cx, methods: &str) -> Result<Session, Error> {
        let session = self
            .presented_session(cx.head())
            .await?
            .ok_or_else(session_ended)?;
        let rotated = self.0.sessions.rotate(&session, methods).await?;
        let (rotated, token) = rotated.ok_or_else(session_ended)?;
        self.set_session_cookie(cx, &rotated, &token);
        Ok(rotated)
    }

    pub(super) fn set_session_cookie(&self, cx: &Cx, session: &Session, token: &Token) {
        let ends_at = later(session.created_at, self.0.sessions.lifetime().absolute);
        let remaining = ends_at.duration_since(self.0.clock.now());
        let remaining = remaining.try_into().unwrap_or_default();
        cx.set_cookie(self.0.session_cookie.set(token, remaining));
        // The session may have ended when the client repeats the request.
        cx.forbid_replay();
    }

    /// Removes the session cookie from the browser.
    ///
    /// The response is not replayed for its `Idempotency-Key`, because it would remove the cookie of a newer
    /// session.
    pub(super) fn remove_session_cookie(&self, cx: &Cx) {
        cx.set_cookie(self.0.session_cookie.removal());
        cx.forbid_replay();
    }

    /// Ends the session of each session cookie of the call.
    async fn end_presented_sessions(&self, cx: &Cx) -> Result<(), Error> {
        for token in self.0.session_cookie.read(cx.head()) {
            if let Some(session) = self.0.sessions.authenticate(&token).await? {
                self.0.sessions.revoke(&session.user, session.id).await?;
            }
        }
        Ok(())
    }
}

/// Returns `next` if it is a path on this site, and otherwise the root path.
pub(super) fn local_path_or_root(next: Option<&str>) -> String {
    let next = next.filter(|next| is_local_path(next));
    next.unwrap_or("/").to_owned()
}
