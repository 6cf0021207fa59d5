//! Floods of calls, and what they leave to others.

use std::time::Duration;

use futures_util::future::join_all;
use mizan_auth::password::HashCost;
use mizan_auth::rate_limit::{RateLimit, RateLimits};
use serde_json::json;

use crate::secrets::Log;
use crate::site::{Browser, PASSWORD, Site, UNLIMITED, code_in};

const EMAIL: &str = "ada@example.com";
const NOBODY: &str = "nobody@example.com";
const OTHER: &str = "another good password";
const WRONG: &str = "wrong password";

const fn few(burst: u32) -> RateLimit {
    RateLimit::new(burst, Duration::from_secs(3600))
}

/// Few tries from a network, and not many more from all.
const LOCKABLE: RateLimits = UNLIMITED
    .sign_in_by_account_and_address(few(3))
    .sign_in_by_account(few(6))
    .mail_by_account_and_address(few(2))
    .mail_by_account(few(4));

fn from<'a>(site: &'a Site, address: &str) -> Browser<'a> {
    let mut browser = site.browser();
    browser.peer = format!("{address}:1");
    browser
}

/// Tries a wrong password and asks for a reset, from so many networks, until all are refused.
async fn attack(site: &Site, email: &str, networks: u8) {
    for network in 0..networks {
        let mut eve = from(site, &format!("198.51.{network}.1"));
        for _ in 0..10 {
            eve.sign_in(email, WRONG).await;
            eve.request_reset(email).await;
        }
        assert_eq!(eve.sign_in(email, WRONG).await.status, 429);
        assert_eq!(eve.request_reset(email).await.status, 429);
    }
    site.mail().await;
}

#[tokio::test]
async fn one_network_cannot_lock_an_account_out() {
    let site = Site::with(|accounts| accounts.rate_limits(LOCKABLE));
    site.member(EMAIL).await;
    for email in [EMAIL, NOBODY] {
        attack(&site, email, 1).await;
        let mut other = from(&site, "203.0.113.1");
        let expected = if email == EMAIL { 200 } else { 422 };
        assert_eq!(other.sign_in(email, PASSWORD).await.status, expected);
        assert_eq!(other.request_reset(email).await.status, 200);
        site.mail().await;
    }
}

/// A device that signed in before, and a caller that is signed in, have limits of their own.
#[tokio::test]
async fn no_flood_of_strangers_locks_a_known_device_out() {
    let site = Site::with(|accounts| accounts.rate_limits(LOCKABLE));
    let mut member = site.member(EMAIL).await;
    attack(&site, EMAIL, 5).await;
    let mut stranger = from(&site, "203.0.113.1");
    assert_eq!(stranger.sign_in(EMAIL, PASSWORD).await.status, 429);

    let mut known = site.browser();
    known.device = member.device.clone();
    assert_eq!(known.sign_in(EMAIL, PASSWORD).await.status, 200);
    assert_eq!(known.request_reset(EMAIL).await.status, 200);
    let input = json!({ "password": PASSWORD });
    let reply = member.send("reauthenticate.submit", input).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let token = site.link_token().await;

    // The link of a reset makes the browser known that opened it.
    let reply = stranger.confirm_reset(&token, OTHER).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(stranger.sign_in(EMAIL, OTHER).await.status, 200);
    let reply = stranger.change_password(OTHER, PASSWORD).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(stranger.sign_in(EMAIL, PASSWORD).await.status, 200);
}

/// Strangers who have mails sent to an address use up the mails of that kind alone, so that the owner gets either
/// a link of theirs or one that they asked for. With the password, codes have a limit of their own.
#[tokio::test]
async fn no_flood_of_strangers_keeps_mails_from_their_owner() {
    const UNVERIFIED: &str = "eve@example.com";
    let site = Site::with(|accounts| accounts.rate_limits(LOCKABLE));
    let mut member = site.member(EMAIL).await;
    site.browser().sign_up(UNVERIFIED, PASSWORD).await;
    for network in 0..5 {
        let mut eve = from(&site, &format!("198.51.{network}.1"));
        for email in [EMAIL, UNVERIFIED, NOBODY] {
            for _ in 0..3 {
                eve.sign_up(email, OTHER).await;
            }
        }
    }
    site.mail().await;
    let mut stranger = from(&site, "203.0.113.1");
    assert_eq!(stranger.sign_up(EMAIL, OTHER).await.status, 429);
    assert_eq!(stranger.request_reset(EMAIL).await.status, 200);
    assert!(site.one_mail().await.text.contains("?token="));
    let input = json!({ "email": NOBODY });
    let reply = member.send("change_email.submit", input).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    site.mail().await;

    let reply = stranger.sign_in(UNVERIFIED, PASSWORD).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let code = code_in(&site.one_mail().await.text);
    let reply = stranger.verify_code(&reply.json()["ticket"], &code).await;
    assert_eq!(reply.json()["step"], "signed_in", "{reply:?}");
}

/// The password alone, as of who signed up with the address of another, does not send mails without end.
#[tokio::test]
async fn codes_for_the_right_password_are_limited() {
    let site = Site::with(|accounts| accounts.rate_limits(UNLIMITED.mail_by_device(few(3))));
    site.browser().sign_up(EMAIL, PASSWORD).await;
    let mut statuses = Vec::new();
    for network in 0..5 {
        let mut eve = from(&site, &format!("198.51.{network}.1"));
        statuses.push(eve.sign_in(EMAIL, PASSWORD).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}

/// The cookie counts for its own account, until the password is replaced elsewhere, and does not
/// sign the user in.
#[tokio::test]
async fn a_device_cookie_is_good_for_its_account_alone() {
    let site = Site::with(|accounts| accounts.rate_limits(LOCKABLE));
    let ada = site.member(EMAIL).await;
    let mut eve = site.member("eve@example.com").await;
    attack(&site, EMAIL, 5).await;
    let made_up = format!(
        "__Host-mizan_device={}",
        mizan_auth::token::Token::random().expose()
    );
    for device in [eve.device.clone(), Some(made_up), None] {
        let mut browser = from(&site, "203.0.113.1");
        browser.device = device;
        assert_eq!(browser.sign_in(EMAIL, PASSWORD).await.status, 429);
    }
    let device = ada.device.clone().unwrap();
    let mut thief = site.browser();
    thief.cookie = Some(device.replace("mizan_device", "mizan_session"));
    assert_eq!(thief.email().await, None);

    // The cookie alone is not the password.
    eve.device = ada.device.clone();
    assert_eq!(eve.sign_in(EMAIL, WRONG).await.status, 422);
    let mut owner = ada;
    owner.change_password(PASSWORD, OTHER).await;
    assert_ne!(owner.device.as_ref(), Some(&device));
    let mut old = from(&site, "203.0.113.1");
    old.device = Some(device);
    assert_eq!(old.sign_in(EMAIL, OTHER).await.status, 429);
    assert_eq!(owner.sign_in(EMAIL, OTHER).await.status, 200);
}

#[tokio::test]
async fn known_devices_and_sessions_are_limited_too() {
    let site = Site::with(|accounts| {
        accounts.rate_limits(
            UNLIMITED
                .sign_in_by_device(few(3))
                .mail_by_device(few(3))
                .confirm_by_session(few(3))
                .password_check_by_address(few(3)),
        )
    });
    let mut member = site.member(EMAIL).await;
    let mut outcomes = Vec::new();
    for _ in 0..5 {
        let mut signed_out = member.clone();
        signed_out.cookie = None;
        let sign_in = signed_out.sign_in(EMAIL, WRONG).await.status;
        let mail = member.request_reset(EMAIL).await.status;
        let input = json!({ "password": WRONG });
        let confirm = member.send("reauthenticate.submit", input).await.status;
        let change = member.change_password(WRONG, OTHER).await.status;
        outcomes.push([sign_in, mail, confirm, change]);
    }
    let [sign_ins, mails, confirms, changes] = [0, 1, 2, 3].map(|flow| {
        let statuses = outcomes.iter().map(|outcome| outcome[flow]);
        statuses.collect::<Vec<_>>()
    });
    assert_eq!(sign_ins, [422, 422, 422, 429, 429]);
    assert_eq!(mails, [200, 200, 200, 429, 429]);
    // Both ask for the password of the session.
    assert_eq!(confirms, [422, 422, 429, 429, 429]);
    assert_eq!(changes, [422, 429, 429, 429, 429]);
}

/// Each device is kept for months: signing in again and again does not fill the store.
#[tokio::test]
async fn an_account_takes_up_few_devices_at_once() {
    let site = Site::new();
    site.member(EMAIL).await;
    let mut left = 0;
    for _ in 0..20 {
        let mut browser = site.browser();
        assert_eq!(browser.sign_in(EMAIL, PASSWORD).await.status, 200);
        left += usize::from(browser.device.is_some());
    }
    assert_eq!(left, 9);
    assert!(format!("{:?}", site.store).contains("tokens: 10"));
}

/// OWASP ASVS 6.3.1, 6.6.3: new tickets give no more tries of the second factor.
#[tokio::test]
async fn second_factors_are_limited_by_account() {
    use crate::second_factor::{Everybody, cx};

    let site = Site::with(|accounts| {
        accounts
            .second_factor(std::sync::Arc::new(Everybody))
            .rate_limits(UNLIMITED.second_factor_by_account(few(7)))
    });
    site.browser().sign_up(EMAIL, PASSWORD).await;
    let token = site.link_token().await;
    site.browser().verify_link(&token, PASSWORD).await;
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        let mut browser = site.browser();
        let reply = browser.sign_in(EMAIL, PASSWORD).await;
        let cx = cx(&site.accounts, &browser);
        let ticket = serde_json::from_value(reply.json()["ticket"].clone()).unwrap();
        for _ in 0..3 {
            let attempt = site.accounts.attempt_second_factor(&cx, ticket).await;
            outcomes
                .push(attempt.map_err(|error| mizan_core::ClientError::into_error(error).code()));
        }
    }
    let (tried, refused) = outcomes.split_at(7);
    assert!(tried.iter().all(Result::is_ok), "{outcomes:?}");
    assert!(
        refused.iter().all(|it| *it == Err("rate_limited")),
        "{outcomes:?}"
    );
}

/// Looking for guessable passwords is limited by network, however it is asked for.
#[tokio::test]
async fn password_checks_are_limited_by_address() {
    let site =
        Site::with(|accounts| accounts.rate_limits(UNLIMITED.password_check_by_address(few(4))));
    let live = json!({ "values": { "password": OTHER }, "fields": ["password"] });
    // A submission checks the field, and then the password together with the address.
    for (name, input, passed) in [
        ("sign_up.validate", live.clone(), 4),
        (
            "sign_up.submit",
            json!({ "email": NOBODY, "password": OTHER }),
            2,
        ),
        ("confirm_reset.validate", live, 4),
    ] {
        let mut statuses = Vec::new();
        let address = format!("198.51.{}.1", name.len());
        for _ in 0..5 {
            let mut browser = from(&site, &address);
            statuses.push(browser.send(name, input.clone()).await.status);
        }
        let expected: Vec<_> = (0..5)
            .map(|it| if it < passed { 200 } else { 429 })
            .collect();
        assert_eq!(statuses, expected, "{name}");
    }
    // What costs nothing is not counted.
    let mut browser = from(&site, "203.0.113.1");
    for _ in 0..5 {
        let short = json!({ "values": { "password": "short" }, "fields": ["password"] });
        assert_eq!(browser.send("sign_up.validate", short).await.status, 200);
    }
}

/// A batch of checks is limited as its calls are.
#[tokio::test]
async fn a_batch_of_password_checks_is_limited() {
    let site =
        Site::with(|accounts| accounts.rate_limits(UNLIMITED.password_check_by_address(few(5))));
    let crafted = format!("4@8({{[<3691!|70$5+%2{}", "kqvjwmfhpdrn".repeat(7));
    let check = json!({
        "name": "sign_up.validate",
        "input": { "values": { "password": crafted }, "fields": ["password"] },
    });
    let reply = site.browser().batch(&vec![check; 64]).await;
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    let limited = text.matches("\"rate_limited\"").count();
    assert_eq!(
        (limited, text.matches("\"errors\"").count()),
        (59, 5),
        "{text}"
    );
}

/// Passwords are looked at where passwords are hashed: with no place free, there is no answer.
#[tokio::test]
async fn password_checks_wait_for_a_place_to_hash() {
    let quiet = Site::new();
    let member = quiet.member(EMAIL).await;
    let site = Site::with(|accounts| {
        let cost = HashCost::new(19 * 1024, 64, 1);
        let accounts = accounts.store(std::sync::Arc::clone(&quiet.store));
        accounts.hash_cost(cost).hash_pool(1, 0)
    });
    let passwords = site.accounts.password_hasher().clone();
    let taken = tokio::spawn(async move { passwords.hash(&OTHER.into()).await });
    tokio::task::yield_now().await;
    let mut browser = site.browser();
    browser.cookie = member.cookie.clone();
    for (name, input) in [
        (
            "sign_up.validate",
            json!({ "values": { "password": OTHER }, "fields": ["password"] }),
        ),
        (
            "confirm_reset.validate",
            json!({ "values": { "password": OTHER }, "fields": ["password"] }),
        ),
        (
            "change_password.validate",
            json!({ "values": { "new_password": OTHER }, "fields": ["new_password"] }),
        ),
        (
            "sign_up.submit",
            json!({ "email": NOBODY, "password": OTHER }),
        ),
        (
            "change_password.submit",
            json!({ "password": PASSWORD, "new_password": OTHER }),
        ),
    ] {
        let reply = browser.send(name, input).await;
        assert_eq!(reply.outcome(), (503, "unavailable".to_owned()), "{name}");
        assert_eq!(reply.headers["retry-after"], "2");
    }
    assert!(
        !taken.is_finished(),
        "the place became free too early to tell"
    );
    taken.await.unwrap().unwrap();
}

/// Each stranger from a network of its own: known devices and sessions have a line of their own.
#[tokio::test]
async fn a_flood_of_sign_ins_leaves_known_callers_their_turn() {
    let site = Site::with(|accounts| accounts.hash_pool(1, 4));
    let mut member = site.member(EMAIL).await;
    let mut known = site.browser();
    known.device = member.device.clone();
    let flood = (0..60).map(|number| {
        let mut eve = from(&site, &format!("198.51.{number}.1"));
        async move { eve.sign_in(&format!("{number}@example.com"), WRONG).await }
    });
    let sign_in = known.sign_in(EMAIL, PASSWORD);
    let confirm = member.send("reauthenticate.submit", json!({ "password": PASSWORD }));
    let (flood, sign_in, confirm) = tokio::join!(join_all(flood), sign_in, confirm);
    assert_eq!((sign_in.status, confirm.status), (200, 200));
    let busy: Vec<_> = flood.iter().filter(|reply| reply.status == 503).collect();
    assert!(!busy.is_empty());
    assert!(busy.iter().all(|reply| reply.headers["retry-after"] == "2"));
}

/// One network that asks for all the places does not keep another out.
#[tokio::test]
async fn a_flood_from_one_network_leaves_others_their_turn() {
    let site = Site::with(|accounts| accounts.hash_pool(1, 4));
    site.member(EMAIL).await;
    let flood = (0..60).map(|number| {
        let mut eve = from(&site, "198.51.100.1");
        async move { eve.sign_in(&format!("{number}@example.com"), WRONG).await }
    });
    let mut stranger = from(&site, "203.0.113.1");
    let sign_in = stranger.sign_in(EMAIL, PASSWORD);
    let (flood, sign_in) = tokio::join!(join_all(flood), sign_in);
    assert_eq!(sign_in.status, 200);
    assert!(flood.iter().any(|reply| reply.status == 503));
}

/// A customer of a provider may have a whole IPv6 /48, or an IPv4 /24: all of it is one client in the queue.
#[tokio::test]
async fn a_flood_from_a_wide_network_leaves_others_their_turn() {
    let site = Site::with(|accounts| accounts.hash_pool(1, 4));
    site.member(EMAIL).await;
    let flood = (0..60).map(|number| {
        let mut eve = from(&site, "198.51.100.1");
        eve.peer = format!("[2001:db8:0:{number:x}::1]:1");
        async move { eve.sign_in(&format!("{number}@example.com"), WRONG).await }
    });
    let mut stranger = from(&site, "203.0.113.1");
    let sign_in = stranger.sign_in(EMAIL, PASSWORD);
    let (flood, sign_in) = tokio::join!(join_all(flood), sign_in);
    assert_eq!(sign_in.status, 200);
    assert!(flood.iter().any(|reply| reply.status == 503));
}

/// OWASP ASVS 16.3.1: failures are logged with the account and the network, never with what was
/// typed.
#[tokio::test]
async fn failures_are_logged() {
    let (log, _guard) = Log::start();
    let site = Site::with(|accounts| accounts.rate_limits(LOCKABLE));
    let mut member = site.member(EMAIL).await;
    let account = member.send("account", json!({})).await.json()["id"].clone();
    let account = account.as_str().unwrap();
    let mut new = from(&site, "198.51.100.7");
    let reply = new.sign_up(NOBODY, PASSWORD).await;
    let code = code_in(&site.one_mail().await.text);
    let wrong_code = if code == "123456" { "654321" } else { "123456" };
    let ticket = reply.json()["ticket"].clone();

    let mut eve = from(&site, "198.51.100.7");
    for _ in 0..4 {
        eve.sign_in(EMAIL, "guessed password").await;
    }
    eve.sign_in("unknown@example.com", "guessed password").await;
    new.verify_code(&ticket, wrong_code).await;
    eve.verify_code(&ticket, wrong_code).await;
    eve.confirm_reset(&mizan_auth::token::Token::random().expose(), OTHER)
        .await;
    eve.verify_link(
        &mizan_auth::token::Token::random().expose(),
        "guessed password",
    )
    .await;
    member.change_password("guessed password", OTHER).await;

    let text = log.text();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.contains("WARN") && line.contains("authentication"))
        .collect();
    let has = |parts: &[&str]| {
        let found = lines
            .iter()
            .filter(|line| parts.iter().all(|part| line.contains(part)));
        found.count()
    };
    let account = format!("account=\"{account}\"");
    let network = "network=\"198.51.100.7/32\"";
    let failed = "authentication failed";
    assert_eq!(
        has(&[
            failed,
            "flow=\"sign_in\"",
            "reason=\"wrong password\"",
            &account,
            network
        ]),
        3,
        "{text}"
    );
    assert_eq!(
        has(&[
            "authentication refused",
            "flow=\"sign_in\"",
            "reason=\"rate limited\"",
            network
        ]),
        1,
        "{text}"
    );
    assert_eq!(
        has(&[failed, "reason=\"unknown account\"", network]),
        1,
        "{text}"
    );
    assert_eq!(
        has(&[failed, "flow=\"verify_code\"", "reason=\"wrong code\""]),
        1,
        "{text}"
    );
    assert_eq!(
        has(&[failed, "flow=\"verify_code\"", "reason=\"other browser\""]),
        1,
        "{text}"
    );
    assert_eq!(
        has(&[failed, "flow=\"confirm_reset\"", "reason=\"invalid link\""]),
        1,
        "{text}"
    );
    assert_eq!(
        has(&[failed, "flow=\"verify_link\"", "reason=\"invalid link\""]),
        1,
        "{text}"
    );
    assert_eq!(
        has(&[failed, "flow=\"confirm_password\"", &account]),
        1,
        "{text}"
    );
    for line in lines {
        for typed in ["guessed", "@example.com", wrong_code] {
            assert!(!line.contains(typed), "{line}");
        }
    }
}
