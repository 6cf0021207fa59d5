//! What somebody with bad intentions tries, and what comes of it.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use mizan_auth::password::HashCost;
use mizan_auth::rate_limit::{RateLimit, RateLimits};
use serde_json::{Value, json};

use crate::site::{PASSWORD, Reply, Site, UNLIMITED, code_in, token_in};

const EMAIL: &str = "ada@example.com";
const NOBODY: &str = "nobody@example.com";
const OTHER: &str = "another good password";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// OWASP ASVS 7.2.4: a token that somebody planted is never adopted.
#[tokio::test]
async fn fixation_with_a_planted_cookie() {
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

/// A cookie without the prefix, as a subdomain could set it, is not looked at.
#[tokio::test]
async fn a_cookie_of_another_name_is_nothing() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    let cookie = browser.cookie.clone().unwrap();
    browser.cookie = Some(cookie.replace("__Host-", ""));
    assert_eq!(browser.email().await, None);
}

/// OWASP ASVS 7.4.1: what is over stays over.
#[tokio::test]
async fn replay_after_sign_out() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    let mut replay = browser.clone();
    assert!(replay.email().await.is_some());
    browser.send("sign_out", json!({})).await;
    assert_eq!(replay.email().await, None);
}

#[tokio::test]
async fn replay_after_a_reset() {
    let site = Site::new();
    let mut replay = site.member(EMAIL).await;
    let mut browser = site.browser();
    browser.request_reset(EMAIL).await;
    let token = site.link_token().await;
    assert!(replay.email().await.is_some());
    browser.confirm_reset(&token, OTHER).await;
    assert_eq!(replay.email().await, None);
}

/// OWASP ASVS 7.3.1, 7.3.2: sessions end when they are idle, and however much they are used.
#[tokio::test]
async fn replay_after_expiry() {
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
    // Confirming who one is does not make a session last longer.
    let reply = used
        .send("reauthenticate.submit", json!({ "password": PASSWORD }))
        .await;
    assert_eq!(reply.status, 200);
    site.clock.advance(DAY);
    assert_eq!(used.email().await, None);
}

/// OWASP ASVS 7.4.3, and 6.2.2, 6.2.3: it takes the old one.
#[tokio::test]
async fn a_password_change_kills_other_sessions() {
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

/// What somebody sees who does not know whether there is an account: everything but what is random
/// by design.
fn seen(reply: &Reply) -> (u16, Vec<(String, String)>, Value) {
    let headers = reply.headers.iter();
    let headers = headers.map(|(name, value)| {
        let value = format!("{value:?}");
        // The browser's token is random; the name and the attributes are not.
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

/// OWASP ASVS 6.3.8: nothing tells whether there is an account.
#[tokio::test]
async fn known_and_unknown_accounts_look_the_same() {
    let site = Site::new();
    site.member(EMAIL).await;
    site.browser()
        .sign_up("unverified@example.com", PASSWORD)
        .await;
    site.mail().await;

    let mut of_unknown = Vec::new();
    for email in [NOBODY, EMAIL, "unverified@example.com"] {
        let mut browser = site.browser();
        let sign_in = browser.sign_in(email, "wrong password").await;
        assert_eq!(site.mail().await, []);
        let reset = browser.request_reset(email).await;
        assert_eq!(site.one_mail().await.to.as_str(), email);
        let sign_up = browser.sign_up(email, OTHER).await;
        assert_eq!(site.one_mail().await.to.as_str(), email);
        // A wrong code is as wrong, and as often, where there was nothing to verify.
        let ticket = sign_up.json()["ticket"].clone();
        let mut codes = Vec::new();
        for _ in 0..6 {
            codes.push(seen(&browser.verify_code(&ticket, "xxxxxx").await));
        }
        let resent = browser
            .send("resend_code", json!({ "ticket": ticket }))
            .await;
        assert_eq!(site.one_mail().await.to.as_str(), email);
        let all = [sign_in, reset, sign_up, resent].map(|reply| seen(&reply));
        let all = (all, codes, browser.cookie);
        of_unknown.push(all);
    }
    assert_eq!(of_unknown[0], of_unknown[1]);
    assert_eq!(of_unknown[0], of_unknown[2]);
    // Signing up again changed nothing.
    let reply = site.browser().sign_in(EMAIL, OTHER).await;
    assert_eq!(reply.outcome().1, "wrong_credentials");
}

/// An address that is asked for looks the same whether or not somebody has it.
#[tokio::test]
async fn a_change_to_a_taken_address_looks_the_same() {
    let site = Site::new();
    let mut eve = site.member("eve@example.com").await;
    site.member(EMAIL).await;
    let mut replies = Vec::new();
    for email in [NOBODY, EMAIL] {
        let reply = eve
            .send("change_email.submit", json!({ "email": email }))
            .await;
        replies.push(seen(&reply));
        let mail = site.one_mail().await;
        assert_eq!(mail.to.as_str(), email);
        assert_eq!(mail.text.contains("?token="), email == NOBODY);
    }
    assert_eq!(replies[0], replies[1]);
}

/// 1,000 sign-ins of known and unknown accounts by turns: Welch's t of their times.
#[tokio::test]
async fn the_time_does_not_tell_known_from_unknown() {
    const PAIRS: usize = 500;
    let site = Site::with(|accounts| accounts.hash_cost(HashCost::new(256, 1, 1)));
    site.member(EMAIL).await;
    let mut browser = site.browser();
    for _ in 0..50 {
        browser.sign_in(EMAIL, "wrong password").await;
        browser.sign_in(NOBODY, "wrong password").await;
    }
    let mut times = [Vec::new(), Vec::new()];
    for pair in 0..PAIRS {
        // Each is the first of its pair as often.
        for turn in 0..2 {
            let known = (pair + turn) % 2;
            let email = [NOBODY, EMAIL][known];
            let start = Instant::now();
            let reply = browser.sign_in(email, "wrong password").await;
            times[known].push(start.elapsed().as_secs_f64());
            assert_eq!(reply.status, 422);
        }
    }
    let t = welch(&times.map(without_outliers));
    println!("|t| = {:.2}", t.abs());
    assert!(t.abs() < 4.5, "|t| = {}", t.abs());
}

/// The fastest 90 %: what the machine does besides makes the others slow, on both sides.
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
fn welch_sees_a_difference() {
    let a: Vec<_> = (0..500).map(|i| 100.0 + f64::from(i % 10)).collect();
    let b: Vec<_> = a.iter().map(|it| it + 1.0).collect();
    assert!(welch(&[a.clone(), a.clone()]).abs() < 0.1);
    assert!(welch(&[a, b]).abs() > 4.5);
}

/// OWASP ASVS 6.4.3, 6.5.1: a token is good once.
#[tokio::test]
async fn a_reset_token_is_good_once() {
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
async fn a_reset_token_raced_by_fifty_works_for_one() {
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
async fn a_reset_token_is_worthless_after_the_address_changed() {
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
async fn a_token_is_for_its_purpose_and_its_time() {
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
    // The id of one with the secret of another, and what is no token.
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

/// OWASP ASVS 6.5.5, 6.6.3: codes are short-lived and few may be tried.
#[tokio::test]
async fn codes_cannot_be_searched_for() {
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

/// The owner of an address opens the link that somebody else signed up for, with a password of
/// theirs: nobody gets an account that two could enter.
#[tokio::test]
async fn signing_up_with_the_address_of_another_gives_no_way_in() {
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

/// The owner of an address enters the code that an attacker had sent there: it is accepted only in the browser of
/// the attacker, who does not have the code.
#[tokio::test]
async fn a_code_is_good_in_the_browser_that_asked_for_it() {
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
        // The same with the cookie of another flow, of their own.
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
    // No attempt was used up: where the flow began, it goes on.
    let reply = attacker.verify_code(&ticket, &code).await;
    assert_eq!(reply.json()["step"], "signed_in");
}

/// The ticket's cookie is limited to this host, hidden from scripts, and expires with the ticket.
#[tokio::test]
async fn the_cookie_of_a_flow_is_guarded() {
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
        // Another flow of the same browser does not end the first.
        let ticket = reply.json()["ticket"].clone();
        let code = code_in(&site.one_mail().await.text);
        browser.sign_up("another@example.com", PASSWORD).await;
        let reply = browser.verify_code(&ticket, &code).await;
        assert_eq!(reply.json()["step"], "signed_in");
    }
}

/// The same form sent again after signing out signs in again; a reply that is replayed would bring the cookie of a
/// session that is over.
#[tokio::test]
async fn a_sign_in_is_not_replayed() {
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

/// A sign-up whose reply was lost is answered again, with the ticket and its cookie: it has made one account and
/// sent one mail.
#[tokio::test]
async fn a_sign_up_is_replayed() {
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

/// Links lead to the configured base URL, whatever the request says.
#[tokio::test]
async fn host_headers_do_not_get_into_links() {
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

fn few() -> RateLimits {
    let few = RateLimit::new(3, Duration::from_secs(600));
    UNLIMITED.sign_in_by_address(few).mail_by_address(few)
}

/// An attacker who makes up `X-Forwarded-For` stays one address; behind our own proxy, each client
/// is one. OWASP ASVS 6.3.1.
#[tokio::test]
async fn a_spoofed_address_does_not_get_around_the_limit() {
    let site = Site::with(|accounts| accounts.rate_limits(few()));
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

/// A good sign-in does not clear what the address did before.
#[tokio::test]
async fn a_good_sign_in_does_not_clear_the_failures() {
    let site = Site::new();
    site.member(EMAIL).await;
    let limited = Site::with(|accounts| {
        accounts
            .rate_limits(few())
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

/// One account is limited wherever the tries come from, whether or not there is such an account.
#[tokio::test]
async fn an_account_is_limited_from_all_addresses() {
    let site = Site::with(|accounts| {
        accounts.rate_limits(
            UNLIMITED
                .sign_in_by_account(RateLimit::new(3, Duration::from_secs(600)))
                .mail_by_account(RateLimit::new(3, Duration::from_secs(600))),
        )
    });
    site.member(EMAIL).await;
    for email in [EMAIL, NOBODY] {
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
        // The member had a mail of another kind before, to verify the address.
        assert_eq!(sent, 3);
    }
}

/// Addresses that look alike are others, or none: never one another's mail, account or limit.
#[tokio::test]
async fn look_alike_addresses_are_not_one_account() {
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

/// OWASP ASVS 3.7.2: after signing in, nobody lands on another site.
#[tokio::test]
async fn next_leads_nowhere_else() {
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

/// A megabyte is refused before it is hashed, wherever a password goes in.
#[tokio::test]
async fn a_megabyte_of_password_is_refused_at_once() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    browser.request_reset(EMAIL).await;
    let token = site.link_token().await;
    let long = "x".repeat(1_000_000);
    // While the only place to hash is taken, what would be hashed is answered with 503.
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
            json!({ "email": NOBODY, "password": long }),
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
        "the place became free too early to tell"
    );
    taken.await.unwrap().unwrap();
    // The new password is looked at first, in a place to hash.
    let input = json!({ "password": long, "new_password": OTHER });
    let reply = browser.send("change_password.submit", input).await;
    let message = &reply.json()["fields"]["password"][0];
    assert_eq!(message, "Must have at most 1024 bytes.");
}

/// 200 at once are served a few at a time; those beyond the queue are asked to come again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_sign_ins_at_once() {
    let site = Site::with(|accounts| {
        let cost = HashCost::new(4 * 1024, 2, 1);
        accounts.hash_cost(cost).hash_pool(2, 20)
    });
    let mut member = site.member(EMAIL).await;
    let sign_ins = (0..200).map(|_| {
        let mut browser = site.browser();
        async move { browser.sign_in(EMAIL, PASSWORD).await }
    });
    // Whoever is signed in already is not held up.
    let check = async {
        let start = Instant::now();
        assert!(member.email().await.is_some());
        start.elapsed()
    };
    let (replies, checked) = tokio::join!(join_all(sign_ins), check);
    assert!(checked < Duration::from_secs(2), "{checked:?}");
    let signed_in = replies.iter().filter(|it| it.status == 200).count();
    let sent_away: Vec<_> = replies.iter().filter(|it| it.status != 200).collect();
    assert!((22..200).contains(&signed_in), "{signed_in}");
    for reply in sent_away {
        assert_eq!(reply.outcome(), (503, "unavailable".to_owned()));
        assert_eq!(reply.headers["retry-after"], "2");
    }
    assert_eq!(site.browser().sign_in(EMAIL, PASSWORD).await.status, 200);
}

/// OWASP ASVS 6.2.8: neither cut nor trimmed nor changed.
#[tokio::test]
async fn a_password_is_taken_as_it_was_typed() {
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

/// Where there is no password, none is right, an empty one least of all.
#[tokio::test]
async fn an_absent_password_is_unusable() {
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
    // A link gives the account its first password.
    site.browser().request_reset(EMAIL).await;
    let token = site.link_token().await;
    site.browser().confirm_reset(&token, OTHER).await;
    assert_eq!(site.browser().sign_in(EMAIL, OTHER).await.status, 200);
}

/// A mail's template cannot be written by who gets it.
#[tokio::test]
async fn an_address_is_no_template() {
    let site = Site::new();
    site.browser().request_reset("{{7*7}}@example.com").await;
    let mail = site.one_mail().await;
    assert!(mail.text.contains("{{7*7}}@example.com"), "{}", mail.text);
    assert!(token_in("?token=a.b c") == "a.b");
}

/// A password is hashed anew at today's cost when its owner signs in.
#[tokio::test]
async fn an_outdated_hash_is_replaced_at_sign_in() {
    use mizan_auth::store::UserStore;
    let site = Site::new();
    site.member(EMAIL).await;
    let dearer = Site::with(|accounts| {
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
    dearer.browser().sign_in(EMAIL, "wrong password").await;
    assert!(stored().await.contains("t=1,"));
    dearer.browser().sign_in(EMAIL, PASSWORD).await;
    assert!(stored().await.contains("t=3,"));
    assert_eq!(dearer.browser().sign_in(EMAIL, PASSWORD).await.status, 200);
}
