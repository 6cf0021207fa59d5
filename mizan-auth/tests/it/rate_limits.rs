//! Rate limits and the hash queue during floods of calls.

use std::time::Duration;

use futures_util::future::join_all;
use mizan_auth::password::HashCost;
use mizan_auth::rate_limit::{RateLimit, RateLimits};
use serde_json::json;

use crate::secrets::Log;
use crate::site::{Browser, PASSWORD, Site, UNLIMITED, code_in};

const EMAIL: &str = "ada@example.com";
const UNKNOWN: &str = "unknown@example.com";
const OTHER: &str = "another good password";
const WRONG: &str = "wrong password";

const fn burst_of(burst: u32) -> RateLimit {
    RateLimit::new(burst, Duration::from_secs(3600))
}

/// Low limits for one network, and slightly higher limits for all networks together.
const LOCKABLE: RateLimits = UNLIMITED
    .sign_in_by_account_and_address(burst_of(3))
    .sign_in_by_account(burst_of(6))
    .mail_by_account_and_address(burst_of(2))
    .mail_by_account(burst_of(4));

fn from<'a>(site: &'a Site, address: &str) -> Browser<'a> {
    let mut browser = site.browser();
    browser.peer = format!("{address}:1");
    browser
}

/// Sends wrong passwords and reset requests from several networks until the limits reject them all.
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
async fn one_network_cannot_lock_out_an_account() {
    let site = Site::with(|accounts| accounts.rate_limits(LOCKABLE));
    site.member(EMAIL).await;
    for email in [EMAIL, UNKNOWN] {
        attack(&site, email, 1).await;
        let mut other = from(&site, "203.0.113.1");
        let expected = if email == EMAIL { 200 } else { 422 };
        assert_eq!(other.sign_in(email, PASSWORD).await.status, expected);
        assert_eq!(other.request_reset(email).await.status, 200);
        site.mail().await;
    }
}

/// Known devices and sessions have separate limits.
#[tokio::test]
async fn a_flood_of_unknown_callers_does_not_lock_out_known_devices() {
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

    // A reset link makes the browser that opens it a known device.
    let reply = stranger.confirm_reset(&token, OTHER).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(stranger.sign_in(EMAIL, OTHER).await.status, 200);
    let reply = stranger.change_password(OTHER, PASSWORD).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(stranger.sign_in(EMAIL, PASSWORD).await.status, 200);
}

/// Mails have a separate limit for each kind, so that the owner of an address gets a link in any case. Codes for the
/// correct password have a separate limit.
#[tokio::test]
async fn a_flood_of_mail_requests_does_not_block_mails_to_the_owner() {
    const UNVERIFIED: &str = "eve@example.com";
    let site = Site::with(|accounts| accounts.rate_limits(LOCKABLE));
    let mut member = site.member(EMAIL).await;
    site.browser().sign_up(UNVERIFIED, PASSWORD).await;
    for network in 0..5 {
        let mut eve = from(&site, &format!("198.51.{network}.1"));
        for email in [EMAIL, UNVERIFIED, UNKNOWN] {
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
    let input = json!({ "email": UNKNOWN });
    let reply = member.send("change_email.submit", input).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    site.mail().await;

    let reply = stranger.sign_in(UNVERIFIED, PASSWORD).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let code = code_in(&site.one_mail().await.text);
    let reply = stranger.verify_code(&reply.json()["ticket"], &code).await;
    assert_eq!(reply.json()["step"], "signed_in", "{reply:?}");
}

/// A user who signed up with the address of another user has the password.
#[tokio::test]
async fn codes_for_the_correct_password_are_limited() {
    let site = Site::with(|accounts| accounts.rate_limits(UNLIMITED.mail_by_device(burst_of(3))));
    site.browser().sign_up(EMAIL, PASSWORD).await;
    let mut statuses = Vec::new();
    for network in 0..5 {
        let mut eve = from(&site, &format!("198.51.{network}.1"));
        statuses.push(eve.sign_in(EMAIL, PASSWORD).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}

/// The device cookie is valid until the password is changed on another device, and does not sign the user in.
#[tokio::test]
async fn device_cookies_are_valid_only_for_their_account() {
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

    // The cookie does not replace the password.
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
async fn known_devices_and_sessions_are_rate_limited() {
    let site = Site::with(|accounts| {
        accounts.rate_limits(
            UNLIMITED
                .sign_in_by_device(burst_of(3))
                .mail_by_device(burst_of(3))
                .confirm_by_session(burst_of(3))
                .password_check_by_address(burst_of(3)),
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
    // Both flows require the password of the signed-in user.
    assert_eq!(confirms, [422, 422, 429, 429, 429]);
    assert_eq!(changes, [422, 429, 429, 429, 429]);
}

/// The store keeps each known device for months, so their number is limited.
#[tokio::test]
async fn new_devices_of_an_account_are_limited() {
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

/// OWASP ASVS 6.3.1, 6.6.3: new tickets do not allow more attempts.
#[tokio::test]
async fn second_factors_are_limited_by_account() {
    use crate::second_factor::{Everybody, cx};

    let site = Site::with(|accounts| {
        accounts
            .second_factor(std::sync::Arc::new(Everybody))
            .rate_limits(UNLIMITED.second_factor_by_account(burst_of(7)))
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

#[tokio::test]
async fn password_strength_checks_are_limited_by_address() {
    let site = Site::with(|accounts| {
        accounts.rate_limits(UNLIMITED.password_check_by_address(burst_of(4)))
    });
    let live = json!({ "values": { "password": OTHER }, "fields": ["password"] });
    // A submission checks the field, and then the password together with the email address.
    for (name, input, passed) in [
        ("sign_up.validate", live.clone(), 4),
        (
            "sign_up.submit",
            json!({ "email": UNKNOWN, "password": OTHER }),
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
    // Cheap checks do not count.
    let mut browser = from(&site, "203.0.113.1");
    for _ in 0..5 {
        let short = json!({ "values": { "password": "short" }, "fields": ["password"] });
        assert_eq!(browser.send("sign_up.validate", short).await.status, 200);
    }
}

#[tokio::test]
async fn password_strength_checks_in_a_batch_are_limited() {
    let site = Site::with(|accounts| {
        accounts.rate_limits(UNLIMITED.password_check_by_address(burst_of(5)))
    });
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

/// Strength checks run on the hash threads, so they fail with 503 while all threads are busy.
#[tokio::test]
async fn password_strength_checks_use_the_hash_threads() {
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
            json!({ "email": UNKNOWN, "password": OTHER }),
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
        "the hash thread became free too early"
    );
    taken.await.unwrap().unwrap();
}

/// Returns a site whose hash thread is still busy with the first call of a flood when the last one arrives.
fn site_with_slow_hashes() -> Site {
    Site::with(|accounts| {
        let cost = HashCost::new(4 * 1024, 8, 1);
        accounts.hash_cost(cost).hash_pool(1, 4)
    })
}

/// Each unknown caller has a separate network. Known devices and sessions wait in a separate lane.
#[tokio::test]
async fn a_flood_of_sign_ins_does_not_delay_known_callers() {
    let site = site_with_slow_hashes();
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

#[tokio::test]
async fn a_flood_from_one_network_does_not_block_other_networks() {
    let site = site_with_slow_hashes();
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

/// A customer may have an IPv6 /48 or an IPv4 /24. The queue treats such a network as one client.
#[tokio::test]
async fn a_flood_from_a_wide_network_does_not_block_other_networks() {
    let site = site_with_slow_hashes();
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

/// OWASP ASVS 16.3.1: log lines contain the account and the network but no user input.
#[tokio::test]
async fn failed_authentication_is_logged() {
    let (log, _guard) = Log::start();
    let site = Site::with(|accounts| accounts.rate_limits(LOCKABLE));
    let mut member = site.member(EMAIL).await;
    let account = member.send("account", json!({})).await.json()["id"].clone();
    let account = account.as_str().unwrap();
    let mut new = from(&site, "198.51.100.7");
    let reply = new.sign_up(UNKNOWN, PASSWORD).await;
    let code = code_in(&site.one_mail().await.text);
    let wrong_code = if code == "123456" { "654321" } else { "123456" };
    let ticket = reply.json()["ticket"].clone();

    let mut eve = from(&site, "198.51.100.7");
    for _ in 0..4 {
        eve.sign_in(EMAIL, "guessed password").await;
    }
    eve.sign_in("missing@example.com", "guessed password").await;
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
