//! What a second factor will need of signing in.

use std::sync::Arc;

use async_trait::async_trait;
use mizan_auth::{Accounts, NextStep, ProofError, SecondFactor, Ticket};
use mizan_core::{Cx, Error, Principal, RequestHead};
use serde_json::json;

use crate::site::{PASSWORD, Site};

struct Everybody;

#[async_trait]
impl SecondFactor for Everybody {
    async fn methods(&self, _: &str) -> Result<Vec<String>, Error> {
        Ok(vec!["otp".to_owned()])
    }
}

fn cx(accounts: &Accounts) -> Cx {
    let app = mizan_auth::registry(accounts.clone()).build().unwrap();
    Cx::new(app, Principal::anonymous(), Arc::new(RequestHead::empty()))
}

#[tokio::test]
async fn the_password_alone_does_not_sign_in() {
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
    let cx = cx(accounts);
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
    // A ticket of one flow is none of another.
    let reply = browser.verify_code(&json!(ticket), "000000").await;
    assert_eq!(reply.outcome().1, "invalid_proof");
}
