//! Sign-ins with a second factor.

use std::sync::Arc;

use async_trait::async_trait;
use http::Request;
use mizan_auth::accounts::{ProofError, SecondFactor, Ticket};
use mizan_auth::password::PasswordHash;
use mizan_auth::session::Device;
use mizan_auth::store::{MemoryStore, UserStore};
use mizan_auth::{Accounts, NextStep};
use mizan_core::{Cx, Error, Principal, RequestHead};
use serde_json::json;

use crate::site::{Browser, PASSWORD, Site, account};

pub(crate) struct Everybody;

#[async_trait]
impl SecondFactor for Everybody {
    async fn methods(&self, _: &str) -> Result<Vec<String>, Error> {
        Ok(vec!["otp".to_owned()])
    }
}

/// Returns the context of a call by this browser.
pub(crate) fn cx(accounts: &Accounts, browser: &Browser<'_>) -> Cx {
    let app = mizan_auth::registry(accounts.clone()).build().unwrap();
    let cookie = browser.flow.as_deref().unwrap_or_default();
    let (mut head, ()) = Request::new(()).into_parts();
    head.headers.insert("cookie", cookie.parse().unwrap());
    let head = RequestHead::new(head, None);
    app.context(Principal::anonymous(), Arc::new(head))
}

/// OWASP ASVS 6.3.4: every sign-in requires the second factor of the account.
#[tokio::test]
async fn sign_in_requires_the_second_factor() {
    let site = Site::with(|accounts| accounts.second_factor(Arc::new(Everybody)));
    let mut browser = site.browser();
    browser.sign_up("ada@example.com", PASSWORD).await;
    let token = site.link_token().await;
    let reply = browser.verify_link(&token, PASSWORD).await.json();
    assert_eq!(
        (&reply["step"], &reply["methods"]),
        (&json!("second_factor"), &json!(["otp"]))
    );
    let reply = browser.sign_in("ada@example.com", PASSWORD).await;
    assert_eq!(browser.cookie, None);
    let ticket: Ticket = serde_json::from_value(reply.json()["ticket"].clone()).unwrap();

    let accounts = &site.accounts;
    // A ticket is valid only in the browser that sent the password.
    let elsewhere = cx(accounts, &site.browser());
    let attempted = accounts.attempt_second_factor(&elsewhere, ticket).await;
    assert!(matches!(attempted, Err(ProofError::OtherBrowser)));
    let passed = accounts.pass_second_factor(&elsewhere, ticket, "otp", None);
    assert!(matches!(passed.await, Err(ProofError::OtherBrowser)));

    let cx = cx(accounts, &browser);
    for _ in 0..5 {
        assert!(accounts.attempt_second_factor(&cx, ticket).await.is_ok());
    }
    let sixth = accounts.attempt_second_factor(&cx, ticket).await;
    assert!(matches!(sixth, Err(ProofError::InvalidProof)));
    let passed = accounts
        .pass_second_factor(&cx, ticket, "otp", Some("/a"))
        .await;
    assert!(matches!(passed, Ok(NextStep::SignedIn { next }) if next == "/a"));
    let again = accounts.pass_second_factor(&cx, ticket, "otp", None).await;
    assert!(matches!(again, Err(ProofError::InvalidProof)));
    // A ticket of one flow is invalid in another.
    let reply = browser.verify_code(&json!(ticket), "000000").await;
    assert_eq!(reply.outcome().1, "invalid_proof");
}

/// Replaces the password between its check and the opening of the session.
struct ChangesMeanwhile(Arc<MemoryStore>);

#[async_trait]
impl SecondFactor for ChangesMeanwhile {
    async fn methods(&self, user: &str) -> Result<Vec<String>, Error> {
        let account = UserStore::find(&*self.0, user).await?.unwrap();
        let new = PasswordHash::from_stored("another");
        UserStore::replace_password(&*self.0, user, account.epoch, &new).await?;
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn a_sign_in_with_a_password_that_is_being_changed_fails() {
    let site = Site::new();
    site.member("ada@example.com").await;
    let racing = Site::with(|accounts| {
        let factor = ChangesMeanwhile(Arc::clone(&site.store));
        accounts
            .store(Arc::clone(&site.store))
            .second_factor(Arc::new(factor))
    });
    let mut browser = racing.browser();
    let reply = browser.sign_in("ada@example.com", PASSWORD).await;
    assert_eq!(reply.outcome(), (401, "unauthenticated".to_owned()));
    assert_eq!(browser.cookie, None);
}

/// Concurrent rotations, and the rotation of a revoked session, do not create additional sessions.
#[tokio::test]
async fn sessions_are_rotated_once() {
    let site = Site::new();
    let sessions = site.accounts.sessions();
    let (session, _) = sessions
        .open(&account("ada"), "pwd", Device::default())
        .await
        .unwrap();
    assert!(sessions.rotate(&session, "pwd").await.unwrap().is_some());
    assert!(sessions.rotate(&session, "pwd").await.unwrap().is_none());
    assert_eq!(sessions.list("ada").await.unwrap().len(), 1);
}
