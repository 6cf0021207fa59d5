//! Records for the tests of stores.

use jiff::{SignedDuration, Timestamp};

use crate::password::PasswordHash;
use crate::session::{Device, Session};
use crate::store::{IssuedToken, NewAccount, TokenPurpose};
use crate::token::Token;

/// Returns the current time plus a number of minutes, with the millisecond precision of stores.
pub(super) fn minutes(minutes: i64) -> Timestamp {
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
    now + SignedDuration::from_mins(minutes)
}

pub(super) fn new_account(email: &str) -> NewAccount {
    let email = email.parse().unwrap();
    NewAccount::new(email, minutes(0)).password(PasswordHash::from_stored("first"))
}

pub(super) fn session(user: &str) -> Session {
    let token = Token::random();
    Session {
        id: token.id(),
        secret: token.hash(),
        user: user.to_owned(),
        epoch: 7,
        created_at: minutes(-10),
        last_used_at: minutes(-5),
        expires_at: minutes(60),
        authenticated_at: minutes(-10),
        methods: "pwd".to_owned(),
        device: Device {
            user_agent: "Firefox 'on' Linux ✓".to_owned(),
            address: Some("2001:db8::1".parse().unwrap()),
        },
    }
}

pub(super) fn issued_token(user: Option<&str>) -> IssuedToken {
    let token = Token::random();
    IssuedToken {
        id: token.id(),
        secret: token.hash(),
        code: None,
        purpose: TokenPurpose::ResetPassword,
        browser: None,
        epoch: 7,
        user: user.map(str::to_owned),
        email: "ada@example.com".parse().unwrap(),
        attempts: 5,
        expires_at: minutes(10),
    }
}
