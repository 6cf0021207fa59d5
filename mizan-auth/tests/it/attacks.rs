//! Attacks on the account flows and their expected results.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use mizan_auth::password::HashCost;
use mizan_auth::rate_limit::{RateLimit, RateLimits};
use serde_json::{Value, json};

use crate::site::{Browser, PASSWORD, Reply, Site, UNLIMITED, code_in, token_in};

const EMAIL: &str = "ada@example.com";
const UNKNOWN: &str = "unknown@example.com";
const OTHER: &str = "another good password";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// OWASP ASVS 7.2.4: the server never adopts a session token that an attacker planted.
#[tokio::test]
async fn sign_in_replaces_a_planted_session_cookie() {
    let site = Site::new();
    site.member(EMAIL).await;
    let mut eve = site.member("eve@example.com").await;
    let made_up = mizan_auth::token::Token::random().expose();
    for planted in [
        eve.cookie.clone().unwrap(),
        format!("__Host-mizan_session={made_up}"),
        "__Host-mizan_session=planted".to_owned(),
    ] {
        let mut victim = site.browser();
        victim.cookie = Some(planted.clone());
        victim.sign_in(EMAIL, PASSWORD).await;
        assert_ne!(victim.cookie.as_ref(), Some(&planted));
        assert_eq!(victim.email().await.as_deref(), Some(EMAIL));
        let mut attacker = site.browser();
        attacker.cookie = Some(planted);
        assert_eq!(attacker.email().await, None);
    }
    assert_eq!(eve.email().await, None);
}

/// A subdomain could set a cookie without the prefix `__Host-`.
#[tokio::test]
async fn ignores_session_cookies_without_the_host_prefix() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    let cookie = browser.cookie.clone().unwrap();
    browser.cookie = Some(cookie.replace("__Host-", ""));
    assert_eq!(browser.email().await, None);
}

/// OWASP ASVS 7.4.1.
#[tokio::test]
async fn rejects_session_cookies_after_sign_out() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    let mut replay = browser.clone();
    assert!(replay.email().await.is_some());
    browser.send("sign_out", json!({})).await;
    assert_eq!(replay.email().await, None);
}

#[tokio::test]
async fn rejects_session_cookies_after_a_password_reset() {
    let site = Site::new();
    let mut replay = site.member(EMAIL).await;
    let mut browser = site.browser();
    browser.request_reset(EMAIL).await;
    let token = site.link_token().await;
    assert!(replay.email().await.is_some());
    browser.confirm_reset(&token, OTHER).await;
    assert_eq!(replay.email().await, None);
}

/// OWASP ASVS 7.3.1, 7.3.2: sessions have an idle and an absolute lifetime.
#[tokio::test]
async fn sessions_expire() {
    let site = Site::new();
    let mut idle = site.member(EMAIL).await;
    let mut used = idle.clone();
    used.sign_in(EMAIL, PASSWORD).await;
    idle.sign_in(EMAIL, PASSWORD).await;
    let mut used = site.browser();
    used.sign_in(EMAIL, PASSWORD).await;
    for _ in 0..2 {
        site.clock.advance(10 * DAY);
        assert!(used.email().await.is_some());
    }
    assert_eq!(idle.email().await, None);
    site.clock.advance(9 * DAY);
    assert!(used.email().await.is_some());
    // Reauthentication does not extend the absolute lifetime.
    let reply = used
        .send("reauthenticate.submit", json!({ "password": PASSWORD }))
        .await;
    assert_eq!(reply.status, 200);
    site.clock.advance(DAY);
    assert_eq!(used.email().await, None);
}

/// OWASP ASVS 7.4.3. A change requires the current password (6.2.2, 6.2.3).
#[tokio::test]
async fn a_password_change_ends_other_sessions() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    let mut stolen = browser.clone();
    let mut other = site.browser();
    other.sign_in(EMAIL, PASSWORD).await;
    site.browser().request_reset(EMAIL).await;
    let token = site.link_token().await;

    let reply = browser.change_password("wrong password", OTHER).await;
    assert_eq!(reply.outcome().1, "wrong_password");
    assert!(other.email().await.is_some());
    let reply = browser.change_password(PASSWORD, OTHER).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(browser.email().await.as_deref(), Some(EMAIL));
    assert_eq!((other.email().await, stolen.email().await), (None, None));
    let reply = site
        .browser()
        .confirm_reset(&token, "yet another password")
        .await;
    assert_eq!(reply.outcome().1, "invalid_proof");
    assert!(site.one_mail().await.subject.contains("was changed"));
}

/// Returns the parts of a reply that must not depend on the existence of an account: all parts except random
/// values.
fn observable(reply: &Reply) -> (u16, Vec<(String, String)>, Value) {
    let headers = reply.headers.iter();
    let headers = headers.map(|(name, value)| {
        let value = format!("{value:?}");
        // The token of the browser is random; the cookie name and the attributes are not.
        let value = match (value.split_once('='), value.split_once(';')) {
            (Some((name, _)), Some((_, attributes))) => format!("{name};{attributes}"),
            _ => value,
        };
        (name.to_string(), value)
    });
    let mut body: Value = reply.json();
    if let Some(ticket) = body.get_mut("ticket") {
        *ticket = json!(ticket.as_str().unwrap().len());
    }
    (reply.status, headers.collect(), body)
}

/// OWASP ASVS 6.3.8.
#[tokio::test]
async fn replies_do_not_reveal_whether_an_account_exists() {
    let site = Site::new();
    site.member(EMAIL).await;
    site.browser()
        .sign_up("unverified@example.com", PASSWORD)
        .await;
    site.mail().await;

    let mut outcomes = Vec::new();
    for email in [UNKNOWN, EMAIL, "unverified@example.com"] {
        let mut browser = site.browser();
        let sign_in = browser.sign_in(email, "wrong password").await;
        assert_eq!(site.mail().await, []);
        let reset = browser.request_reset(email).await;
        assert_eq!(site.one_mail().await.to.as_str(), email);
        let sign_up = browser.sign_up(email, OTHER).await;
        assert_eq!(site.one_mail().await.to.as_str(), email);
        // Wrong codes get the same replies if the account does not exist.
        let ticket = sign_up.json()["ticket"].clone();
        let mut codes = Vec::new();
        for _ in 0..6 {
            codes.push(observable(&browser.verify_code(&ticket, "xxxxxx").await));
        }
        let resent = browser
            .send("resend_code", json!({ "ticket": ticket }))
            .await;
        assert_eq!(site.one_mail().await.to.as_str(), email);
        let all = [sign_in, reset, sign_up, resent].map(|reply| observable(&reply));
        let all = (all, codes, browser.cookie);
        outcomes.push(all);
    }
    assert_eq!(outcomes[0], outcomes[1]);
    assert_eq!(outcomes[0], outcomes[2]);
    // The second sign-up did not change the password.
    let reply = site.browser().sign_in(EMAIL, OTHER).await;
    assert_eq!(reply.outcome().1, "wrong_credentials");
}

#[tokio::test]
async fn email_change_does_not_reveal_whether_the_address_is_taken() {
    let site = Site::new();
    let mut eve = site.member("eve@example.com").await;
    site.member(EMAIL).await;
    let mut replies = Vec::new();
    for email in [UNKNOWN, EMAIL] {
        let reply = eve
            .send("change_email.submit", json!({ "email": email }))
            .await;
        replies.push(observable(&reply));
        let mail = site.one_mail().await;
        assert_eq!(mail.to.as_str(), email);
        assert_eq!(mail.text.contains("?token="), email == UNKNOWN);
    }
    assert_eq!(replies[0], replies[1]);
}

/// Compares the durations of 1,000 alternating sign-ins to known and unknown accounts with Welch's t-test.
///
/// Other work on the machine can distort one sample, but not several samples in the same direction.
#[tokio::test]
async fn sign_in_duration_does_not_reveal_whether_an_account_exists() {
    const SAMPLES: usize = 4;
    let site = Site::with(|accounts| accounts.hash_cost(HashCost::new(256, 1, 1)));
    site.member(EMAIL).await;
    let mut browser = site.browser();
    for _ in 0..50 {
        browser.sign_in(EMAIL, "wrong password").await;
        browser.sign_in(UNKNOWN, "wrong password").await;
    }
    let mut found = Vec::new();
    for _ in 0..SAMPLES {
        let t = welch(&sign_in_durations(&mut browser).await.map(without_outliers));
        println!("t = {t:.2}");
        found.push(t);
        if t.abs() < 4.5 || t.signum() != found[0].signum() {
            return;
        }
    }
    panic!("the durations differ in {SAMPLES} samples: t = {found:?}");
}

/// Measures failed sign-ins to an unknown and to a known account, in this order.
async fn sign_in_durations(browser: &mut Browser<'_>) -> [Vec<f64>; 2] {
    const PAIRS: usize = 500;
    let mut times = [Vec::new(), Vec::new()];
    for pair in 0..PAIRS {
        // Each kind of account is first in half of the pairs.
        for turn in 0..2 {
            let known = (pair + turn) % 2;
            let email = [UNKNOWN, EMAIL][known];
            let start = Instant::now();
            let reply = browser.sign_in(email, "wrong password").await;
            times[known].push(start.elapsed().as_secs_f64());
            assert_eq!(reply.status, 422);
        }
    }
    times
}

/// Returns the fastest 90 %, because other work on the machine affects the slowest measurements.
fn without_outliers(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times.truncate(times.len() * 9 / 10);
    times
}

fn welch([a, b]: &[Vec<f64>; 2]) -> f64 {
    let mean_and_variance = |sample: &[f64]| {
        let count = sample.len() as f64;
        let mean = sample.iter().sum::<f64>() / count;
        let squares = sample.iter().map(|it| (it - mean).powi(2)).sum::<f64>();
        (mean, squares / (count - 1.0) / count)
    };
    let ((mean_a, var_a), (mean_b, var_b)) = (mean_and_variance(a), mean_and_variance(b));
    (mean_a - mean_b) / (var_a + var_b).sqrt()
}

#[test]
fn welch_detects_a_difference() {
    let a: Vec<_> = (0..500).map(|i| 100.0 + f64::from(i % 10)).collect();
    let b: Vec<_> = a.iter().map(|it| it + 1.0).collect();
    assert!(welch(&[a.clone(), a.clone()]).abs() < 0.1);
    assert!(welch(&[a, b]).abs() > 4.5);
}

/// OWASP ASVS 6.4.3, 6.5.1.
#[tokio::test]
async fn reset_tokens_can_be_used_once() {
    let site = Site::new();
    site.member(EMAIL).await;
    let mut browser = site.browser();
    browser.request_reset(EMAIL).await;
    let token = site.link_token().await;
    assert_eq!(browser.confirm_reset(&token, OTHER).await.status, 200);
    let reply = browser.confirm_reset(&token, "yet another password").await;
    assert_eq!(reply.outcome(), (422, "invalid_proof".to_owned()));
    assert_eq!(browser.sign_in(EMAIL, OTHER).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn only_one_of_fifty_concurrent_resets_succeeds() {
    let site = Site::new();
    site.member(EMAIL).await;
    site.browser().request_reset(EMAIL).await;
    let token = site.link_token().await;
    let racers = (0..50).map(|racer| {
        let (mut browser, token) = (site.browser(), token.clone());
        async move {
            let password = format!("{OTHER} {racer}");
            (
                browser.confirm_reset(&token, &password).await.status,
                password,
            )
        }
    });
    let outcomes = join_all(racers).await;
    let winners: Vec<_> = outcomes.iter().filter(|it| it.0 == 200).collect();
    assert_eq!(winners.len(), 1);
    assert!(outcomes.iter().all(|it| it.0 == 200 || it.0 == 422));
    let reply = site.browser().sign_in(EMAIL, &winners[0].1).await;
    assert_eq!(reply.json()["step"], "signed_in");
}

#[tokio::test]
async fn an_email_change_invalidates_reset_tokens() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    site.browser().request_reset(EMAIL).await;
    let reset = site.link_token().await;
    browser
        .send("change_email.submit", json!({ "email": "new@example.com" }))
        .await;
    let token = site.link_token().await;
    let reply = browser
        .send("confirm_email.submit", json!({ "token": token }))
        .await;
    assert_eq!(reply.status, 200);
    let reply = site.browser().confirm_reset(&reset, OTHER).await;
    assert_eq!(reply.outcome(), (422, "invalid_proof".to_owned()));
}

/// OWASP ASVS 6.6.2.
#[tokio::test]
async fn tokens_are_valid_for_one_purpose_until_they_expire() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    browser.request_reset(EMAIL).await;
    let reset = site.link_token().await;
    browser
        .send("change_email.submit", json!({ "email": "new@example.com" }))
        .await;
    let change = site.link_token().await;
    site.browser().sign_up("new2@example.com", PASSWORD).await;
    let verify = site.link_token().await;

    for token in [&change, &verify] {
        assert_eq!(
            browser.confirm_reset(token, OTHER).await.outcome().1,
            "invalid_proof"
        );
    }
    for token in [&change, &reset] {
        assert_eq!(
            browser.verify_link(token, PASSWORD).await.outcome().1,
            "invalid_link"
        );
    }
    for token in [&verify, &reset] {
        let reply = browser
            .send("confirm_email.submit", json!({ "token": token }))
            .await;
        assert_eq!(reply.outcome().1, "invalid_proof");
    }
    // The id of one token with the secret of another, and texts that are not tokens.
    let (id, _) = reset.split_once('.').unwrap();
    let (_, secret) = change.split_once('.').unwrap();
    for token in [&format!("{id}.{secret}"), id, "nonsense", &"x".repeat(150)] {
        assert_eq!(
            browser.confirm_reset(token, OTHER).await.outcome().1,
            "invalid_proof"
        );
    }
    site.clock.advance(Duration::from_secs(60 * 60));
    assert_eq!(
        browser.confirm_reset(&reset, OTHER).await.outcome().1,
        "invalid_proof"
    );
}

/// OWASP ASVS 6.5.5, 6.6.3: codes expire soon and allow few attempts.
#[tokio::test]
async fn codes_allow_five_attempts_and_expire() {
    let site = Site::new();
    let mut browser = site.browser();
    let ticket = browser.sign_up(EMAIL, PASSWORD).await.json()["ticket"].clone();
    let code = code_in(&site.one_mail().await.text);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(
            browser.verify_code(&ticket, wrong).await.outcome().1,
            "invalid_proof"
        );
    }
    assert_eq!(
        browser.verify_code(&ticket, &code).await.outcome().1,
        "invalid_proof"
    );

    let ticket = browser.sign_in(EMAIL, PASSWORD).await.json()["ticket"].clone();
    let code = code_in(&site.one_mail().await.text);
    site.clock.advance(Duration::from_secs(10 * 60));
    assert_eq!(
        browser.verify_code(&ticket, &code).await.outcome().1,
        "invalid_proof"
    );
}

/// The owner of an address opens the link of a sign-up by an attacker and enters another password.
#[tokio::test]
async fn an_attacker_cannot_sign_up_with_the_address_of_a_victim() {
    let site = Site::new();
    let mut attacker = site.browser();
    attacker.sign_up(EMAIL, "the attacker's password").await;
    let token = site.link_token().await;
    let mut owner = site.browser();
    let reply = owner.verify_link(&token, "what the owner would type").await;
    assert_eq!(reply.outcome().1, "wrong_password");
    let reply = attacker.sign_in(EMAIL, "the attacker's password").await;
    assert_eq!(reply.json()["step"], "verify_email");
    site.mail().await;
    owner.request_reset(EMAIL).await;
    owner.confirm_reset(&site.link_token().await, OTHER).await;
    let reply = attacker.sign_in(EMAIL, "the attacker's password").await;
    assert_eq!(reply.outcome().1, "wrong_credentials");
}

/// The owner of an address enters the code of a sign-up by an attacker. It is accepted only in the browser of the
/// attacker, who does not have the code.
#[tokio::test]
async fn codes_are_valid_only_in_the_browser_that_requested_them() {
    let site = Site::new();
    let mut attacker = site.browser();
    let signed_up = attacker.sign_up(EMAIL, "the attacker's password").await;
    let ticket = signed_up.json()["ticket"].clone();
    let code = code_in(&site.one_mail().await.text);
    let mut owner = site.browser();
    for _ in 0..2 {
        for _ in 0..6 {
            let reply = owner.verify_code(&ticket, &code).await;
            assert_eq!(reply.outcome(), (422, "other_browser".to_owned()));
        }
        let reply = owner.send("resend_code", json!({ "ticket": ticket })).await;
        assert_eq!(reply.outcome().1, "other_browser");
        assert_eq!((owner.email().await, owner.cookie.clone()), (None, None));
        // The result is the same with the cookie of another flow of the owner.
        owner.sign_up("owner@example.com", PASSWORD).await;
        assert!(owner.flow.is_some());
    }
    let detail = owner.verify_code(&ticket, &code).await.json()["detail"].clone();
    assert!(
        detail
            .as_str()
            .unwrap()
            .contains("requested in another browser"),
        "{detail}"
    );
    // The owner used no attempt, so the flow can continue in the browser that started it.
    let reply = attacker.verify_code(&ticket, &code).await;
    assert_eq!(reply.json()["step"], "signed_in");
}

#[tokio::test]
async fn flow_cookies_are_protected_and_expire_with_their_ticket() {
    for (base_url, name, secure) in [
        ("https://example.com", "__Host-mizan_browser=", true),
        ("http://localhost:8000", "mizan_browser=", false),
    ] {
        let site = Site::at(base_url, |accounts| accounts);
        let mut browser = site.browser();
        let reply = browser.sign_up(EMAIL, PASSWORD).await;
        let cookie = reply.headers["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.starts_with(name), "{cookie}");
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
        // A second flow in the same browser does not end the first.
        let ticket = reply.json()["ticket"].clone();
        let code = code_in(&site.one_mail().await.text);
        browser.sign_up("another@example.com", PASSWORD).await;
        let reply = browser.verify_code(&ticket, &code).await;
        assert_eq!(reply.json()["step"], "signed_in");
    }
}

/// A sign-in form that is sent again after a sign-out opens a new session. A stored reply would contain the cookie
/// of a session that has ended.
#[tokio::test]
async fn sign_ins_are_not_replayed() {
    let site = Site::new();
    site.member(EMAIL).await;
    let mut browser = site.browser();
    let key = "7c1bd7a2-0c3a-4f0f-9c0e-000000000001";
    for _ in 0..2 {
        browser
            .headers
            .insert("idempotency-key", key.parse().unwrap());
        let reply = browser.sign_in(EMAIL, PASSWORD).await;
        assert_eq!(reply.json()["step"], "signed_in");
        browser.headers.clear();
        assert_eq!(browser.email().await.as_deref(), Some(EMAIL));
        browser.send("sign_out", json!({})).await;
    }
}

/// A repeated sign-up whose reply was lost gets the stored reply with the ticket and its cookie, and sends no
/// second mail.
#[tokio::test]
async fn sign_ups_are_replayed() {
    let site = Site::new();
    let mut browser = site.browser();
    let key = "7c1bd7a2-0c3a-4f0f-9c0e-000000000002";
    browser
        .headers
        .insert("idempotency-key", key.parse().unwrap());
    let lost = browser.clone().sign_up(EMAIL, PASSWORD).await;
    let reply = browser.sign_up(EMAIL, PASSWORD).await;
    assert_eq!(reply.json(), lost.json());
    browser.headers.clear();
    let code = code_in(&site.one_mail().await.text);
    let reply = browser.verify_code(&reply.json()["ticket"], &code).await;
    assert_eq!(reply.json()["step"], "signed_in");
}

#[tokio::test]
async fn links_do_not_depend_on_request_headers() {
    let site = Site::new();
    site.member(EMAIL).await;
    let mut browser = site.browser();
    browser.peer = "10.0.0.1:1".to_owned();
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.example"),
        ("x-original-url", "https://evil.example"),
    ] {
        browser.headers.clear();
        browser.headers.insert(name, value.parse().unwrap());
        browser.request_reset(EMAIL).await;
        browser.sign_up("new@example.com", PASSWORD).await;
        browser.sign_up(EMAIL, PASSWORD).await;
        for mail in site.mail().await {
            assert!(!mail.text.contains("evil"), "{name}: {}", mail.text);
            for (at, _) in mail.text.match_indices("http") {
                assert!(
                    mail.text[at..].starts_with("https://example.com/"),
                    "{name}"
                );
            }
        }
    }
}

fn low_limits_by_address() -> RateLimits {
    let low = RateLimit::new(3, Duration::from_secs(600));
    UNLIMITED.sign_in_by_address(low).mail_by_address(low)
}

/// OWASP ASVS 6.3.1: only `X-Forwarded-For` of trusted proxies counts.
#[tokio::test]
async fn a_spoofed_address_does_not_bypass_rate_limits() {
    let site = Site::with(|accounts| accounts.rate_limits(low_limits_by_address()));
    for (peer, spoof, limited) in [
        ("192.0.2.9:1", "{}", true),
        ("10.0.0.1:1", "{}, 192.0.2.10", true),
        ("10.0.0.1:1", "192.0.2.{}", false),
    ] {
        let mut browser = site.browser();
        browser.peer = peer.to_owned();
        let mut statuses = Vec::new();
        for number in 100..106 {
            let from = spoof.replace("{}", &number.to_string());
            let from = from.replace("100,", "192.0.2.100,");
            browser
                .headers
                .insert("x-forwarded-for", from.parse().unwrap());
            let email = format!("{number}@example.com");
            statuses.push(browser.sign_in(&email, PASSWORD).await.status);
        }
        let expected = if limited {
            [422, 422, 422, 429, 429, 429]
        } else {
            [422; 6]
        };
        assert_eq!(statuses, expected, "{peer} {spoof}");
    }
}

#[tokio::test]
async fn a_successful_sign_in_does_not_reset_rate_limits() {
    let site = Site::new();
    site.member(EMAIL).await;
    let limited = Site::with(|accounts| {
        accounts
            .rate_limits(low_limits_by_address())
            .store(std::sync::Arc::clone(&site.store))
    });
    let mut browser = limited.browser();
    assert_eq!(
        browser
            .sign_in("a@example.com", "wrong password")
            .await
            .status,
        422
    );
    assert_eq!(
        browser
            .sign_in("b@example.com", "wrong password")
            .await
            .status,
        422
    );
    assert_eq!(browser.sign_in(EMAIL, PASSWORD).await.status, 200);
    let reply = browser.sign_in("c@example.com", "wrong password").await;
    assert_eq!(reply.outcome(), (429, "rate_limited".to_owned()));
    let wait: u64 = reply.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((500..=600).contains(&wait), "{wait}");
}

#[tokio::test]
async fn account_limits_count_all_addresses() {
    let site = Site::with(|accounts| {
        accounts.rate_limits(
            UNLIMITED
                .sign_in_by_account(RateLimit::new(3, Duration::from_secs(600)))
                .mail_by_account(RateLimit::new(3, Duration::from_secs(600))),
        )
    });
    site.member(EMAIL).await;
    for email in [EMAIL, UNKNOWN] {
        let mut statuses = Vec::new();
        let mut mails = Vec::new();
        for host in 1..=6 {
            let mut browser = site.browser();
            browser.peer = format!("198.51.100.{host}:1");
            statuses.push(browser.sign_in(email, "wrong password").await.status);
            mails.push(browser.request_reset(email).await.status);
        }
        assert_eq!(statuses, [422, 422, 422, 429, 429, 429]);
        let sent = mails.iter().filter(|status| **status == 200).count();
        // The earlier mail to the member was of another kind.
        assert_eq!(sent, 3);
    }
}

#[tokio::test]
async fn look_alike_addresses_do_not_share_an_account() {
    let site = Site::new();
    site.member("mike@example.com").await;
    for (email, refused) in [
        ("m\u{131}ke@example.com", true),
        ("mi\u{212a}e@example.com", true),
        ("\u{43c}ike@example.com", true),
        ("mike@ex\u{430}mple.com", false),
        ("mike@\u{455}xample.com", false),
    ] {
        let reply = site.browser().request_reset(email).await;
        if refused {
            assert_eq!(reply.json()["fields"]["email"].as_array().unwrap().len(), 1);
            assert_eq!(site.mail().await, []);
        } else {
            let mail = site.one_mail().await;
            assert!(mail.to.as_str().starts_with("mike@xn--"), "{mail:?}");
            assert!(!mail.text.contains("?token="));
        }
        let reply = site.browser().sign_in(email, PASSWORD).await;
        assert_eq!(reply.status, 422);
    }
}

/// OWASP ASVS 3.7.2.
#[tokio::test]
async fn next_is_always_a_path_on_this_site() {
    let site = Site::new();
    site.member(EMAIL).await;
    for next in [
        "//evil",
        "/\\evil",
        "\\/evil",
        "javascript:alert(1)",
        "https://evil.example",
        "/\t/evil",
        "/\n//evil",
        "///evil",
        "",
    ] {
        let mut browser = site.browser();
        let input = json!({ "email": EMAIL, "password": PASSWORD, "next": next });
        let reply = browser.send("sign_in.submit", input).await;
        assert_eq!(reply.json()["next"], "/", "{next:?}");
        let input = json!({ "password": PASSWORD, "next": next });
        let reply = browser.send("reauthenticate.submit", input).await;
        assert_eq!(reply.json()["next"], "/", "{next:?}");
    }
}

#[tokio::test]
async fn passwords_of_a_megabyte_are_rejected_before_hashing() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    browser.request_reset(EMAIL).await;
    let token = site.link_token().await;
    let long = "x".repeat(1_000_000);
    // While the only hash thread is busy, a call that has to hash fails with 503.
    let busy = Site::with(|accounts| {
        let cost = HashCost::new(19 * 1024, 64, 1);
        let accounts = accounts.store(std::sync::Arc::clone(&site.store));
        accounts.hash_cost(cost).hash_pool(1, 0)
    });
    let passwords = busy.accounts.password_hasher().clone();
    let taken = tokio::spawn(async move { passwords.hash(&OTHER.into()).await });
    tokio::task::yield_now().await;
    let cookie = browser.cookie.clone();
    let mut browser = busy.browser();
    browser.cookie = cookie;
    let reply = browser.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(reply.outcome(), (503, "unavailable".to_owned()));
    for (name, input, field) in [
        (
            "sign_in.submit",
            json!({ "email": EMAIL, "password": long }),
            "password",
        ),
        (
            "sign_up.submit",
            json!({ "email": UNKNOWN, "password": long }),
            "password",
        ),
        (
            "confirm_reset.submit",
            json!({ "token": token, "password": long }),
            "password",
        ),
        (
            "verify_link.submit",
            json!({ "token": token, "password": long }),
            "password",
        ),
        (
            "reauthenticate.submit",
            json!({ "password": long }),
            "password",
        ),
        (
            "change_password.submit",
            json!({ "password": PASSWORD, "new_password": long }),
            "new_password",
        ),
    ] {
        let reply = browser.send(name, input).await;
        assert_eq!(reply.outcome(), (422, "invalid".to_owned()), "{name}");
        let message = &reply.json()["fields"][field][0];
        assert_eq!(message, "Must have at most 1024 bytes.", "{name}");
    }
    assert!(
        !taken.is_finished(),
        "the hash thread became free too early"
    );
    taken.await.unwrap().unwrap();
    // The strength of the new password is checked first, on the hash thread.
    let input = json!({ "password": long, "new_password": OTHER });
    let reply = browser.send("change_password.submit", input).await;
    let message = &reply.json()["fields"]["password"][0];
    assert_eq!(message, "Must have at most 1024 bytes.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn excess_concurrent_sign_ins_get_retry_after() {
    let site = Site::with(|accounts| {
        let cost = HashCost::new(4 * 1024, 2, 1);
        accounts.hash_cost(cost).hash_pool(2, 20)
    });
    let mut member = site.member(EMAIL).await;
    let sign_ins = (0..200).map(|_| {
        let mut browser = site.browser();
        async move { browser.sign_in(EMAIL, PASSWORD).await }
    });
    // Users that are already signed in do not wait.
    let check = async {
        let start = Instant::now();
        assert!(member.email().await.is_some());
        start.elapsed()
    };
    let (replies, checked) = tokio::join!(join_all(sign_ins), check);
    assert!(checked < Duration::from_secs(2), "{checked:?}");
    let signed_in = replies.iter().filter(|it| it.status == 200).count();
    let rejected: Vec<_> = replies.iter().filter(|it| it.status != 200).collect();
    assert!((22..200).contains(&signed_in), "{signed_in}");
    for reply in rejected {
        assert_eq!(reply.outcome(), (503, "unavailable".to_owned()));
        assert_eq!(reply.headers["retry-after"], "2");
    }
    assert_eq!(site.browser().sign_in(EMAIL, PASSWORD).await.status, 200);
}

/// OWASP ASVS 6.2.8.
#[tokio::test]
async fn passwords_are_verified_exactly_as_entered() {
    const TYPED: &str = " Correct horse battery ✓ ";
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    let reply = browser.change_password(PASSWORD, TYPED).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    for other in [
        TYPED.trim(),
        &TYPED.to_lowercase(),
        &TYPED[..TYPED.len() - 1],
        &format!("{TYPED} "),
    ] {
        let reply = site.browser().sign_in(EMAIL, other).await;
        assert_eq!(reply.outcome().1, "wrong_credentials", "{other:?}");
    }
    assert_eq!(site.browser().sign_in(EMAIL, TYPED).await.status, 200);
}

#[tokio::test]
async fn accounts_without_a_password_reject_every_password() {
    use mizan_auth::store::{NewAccount, UserStore};
    let site = Site::new();
    let account = NewAccount::new(EMAIL.parse().unwrap(), site.clock.now()).email_verified(true);
    site.store.create(account).await.unwrap().unwrap();
    for (password, code) in [
        ("", "invalid"),
        (" ", "invalid"),
        ("\u{0}", "invalid"),
        ("null", "wrong_credentials"),
        ("None", "wrong_credentials"),
        ("!", "wrong_credentials"),
    ] {
        let reply = site.browser().sign_in(EMAIL, password).await;
        assert_eq!(reply.outcome().1, code, "{password:?}");
        let typed = password.into();
        let verified = site.accounts.password_hasher().verify(&typed, None);
        assert!(!verified.await.unwrap(), "{password:?}");
    }
    let reply = site
        .browser()
        .send(
            "sign_in.submit",
            json!({ "email": EMAIL, "password": null }),
        )
        .await;
    assert_eq!(reply.outcome(), (422, "invalid".to_owned()));
    // A reset link sets the first password of the account.
    site.browser().request_reset(EMAIL).await;
    let token = site.link_token().await;
    site.browser().confirm_reset(&token, OTHER).await;
    assert_eq!(site.browser().sign_in(EMAIL, OTHER).await.status, 200);
}

#[tokio::test]
async fn email_addresses_are_not_interpreted_as_templates() {
    let site = Site::new();
    site.browser().request_reset("{{7*7}}@example.com").await;
    let mail = site.one_mail().await;
    assert!(mail.text.contains("{{7*7}}@example.com"), "{}", mail.text);
    assert!(token_in("?token=a.b c") == "a.b");
}

#[tokio::test]
async fn sign_in_replaces_outdated_hashes() {
    use mizan_auth::store::UserStore;
    let site = Site::new();
    site.member(EMAIL).await;
    let costlier = Site::with(|accounts| {
        let cost = HashCost::new(64, 3, 1);
        accounts
            .store(std::sync::Arc::clone(&site.store))
            .hash_cost(cost)
    });
    let stored = async || {
        let account = site.store.find_by_email(&EMAIL.parse().unwrap()).await;
        account
            .unwrap()
            .unwrap()
            .password
            .unwrap()
            .as_str()
            .to_owned()
    };
    costlier.browser().sign_in(EMAIL, "wrong password").await;
    assert!(stored().await.contains("t=1,"));
    costlier.browser().sign_in(EMAIL, PASSWORD).await;
    assert!(stored().await.contains("t=3,"));
    assert_eq!(
        costlier.browser().sign_in(EMAIL, PASSWORD).await.status,
        200
    );
}
