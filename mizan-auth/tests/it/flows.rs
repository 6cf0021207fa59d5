//! The account flows, completed without errors.

use std::time::Duration;

use serde_json::json;

use crate::site::{PASSWORD, Site, code_in, token_in};

const EMAIL: &str = "ada@example.com";
const OTHER: &str = "another good password";

#[tokio::test]
async fn a_code_completes_the_sign_up() {
    let site = Site::new();
    let mut browser = site.browser();
    let reply = browser.sign_up(EMAIL, PASSWORD).await;
    assert_eq!(
        (reply.status, &reply.json()["step"]),
        (200, &json!("verify_email"))
    );
    assert_eq!(browser.email().await, None);
    let mail = site.one_mail().await;
    assert_eq!(mail.to.as_str(), EMAIL);
    let ticket = reply.json()["ticket"].clone();
    let reply = browser.verify_code(&ticket, &code_in(&mail.text)).await;
    assert_eq!(reply.json(), json!({ "step": "signed_in", "next": "/" }));
    assert_eq!(browser.email().await.as_deref(), Some(EMAIL));
}

#[tokio::test]
async fn a_verification_link_requires_the_password_and_signs_in() {
    let site = Site::new();
    site.browser().sign_up(EMAIL, PASSWORD).await;
    let token = site.link_token().await;
    let mut phone = site.browser();
    let reply = phone.verify_link(&token, OTHER).await;
    assert_eq!(reply.outcome(), (422, "wrong_password".to_owned()));
    assert_eq!(phone.email().await, None);
    let reply = phone.verify_link(&token, PASSWORD).await;
    assert_eq!(reply.json()["step"], "signed_in");
    let reply = site.browser().verify_link(&token, PASSWORD).await;
    assert_eq!(reply.outcome().1, "invalid_link");
}

#[tokio::test]
async fn sign_in_sends_a_code_to_unverified_accounts() {
    let site = Site::new();
    let mut browser = site.browser();
    let first = browser.sign_up(EMAIL, PASSWORD).await.json()["ticket"].clone();
    site.mail().await;
    let reply = browser.sign_in(EMAIL, "wrong password").await;
    assert_eq!(reply.outcome().1, "wrong_credentials");
    let reply = browser.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(reply.json()["step"], "verify_email");
    let ticket = reply.json()["ticket"].clone();
    assert_ne!(ticket, first);
    let resent = browser
        .send("resend_code", json!({ "ticket": ticket }))
        .await;
    let mail = site.mail().await;
    assert_eq!(mail.len(), 2);
    let code = code_in(&mail[1].text);
    // The flow has a new ticket, and the old one is invalid.
    assert_eq!(
        browser.verify_code(&ticket, &code).await.outcome().1,
        "invalid_proof"
    );
    let reply = browser.verify_code(&resent.json()["ticket"], &code).await;
    assert_eq!(reply.json()["step"], "signed_in");
}

/// OWASP ASVS 3.3.1 to 3.3.4: the attributes of the cookie.
#[tokio::test]
async fn signs_in_and_out() {
    let site = Site::new();
    site.member(EMAIL).await;
    let mut browser = site.browser();
    let input = json!({ "email": " ADA@Example.com", "password": PASSWORD, "next": "/posts?a=b" });
    let reply = browser.send("sign_in.submit", input).await;
    assert_eq!(
        reply.json(),
        json!({ "step": "signed_in", "next": "/posts?a=b" })
    );
    assert_eq!(reply.headers["mizan-affects"], "*");
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    for part in [
        "__Host-mizan_session=",
        "; HttpOnly",
        "; Secure",
        "; SameSite=Lax",
        "; Path=/",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(browser.email().await.as_deref(), Some(EMAIL));
    let reply = browser.send("sign_out", json!({})).await;
    assert_eq!((reply.status, browser.cookie.clone()), (200, None));
    assert_eq!(browser.email().await, None);
    assert_eq!(browser.send("sign_out", json!({})).await.status, 200);
}

#[tokio::test]
async fn resets_a_forgotten_password() {
    let site = Site::new();
    let mut signed_in = site.member(EMAIL).await;
    let mut browser = site.browser();
    assert_eq!(browser.request_reset(EMAIL).await.status, 200);
    let token = site.link_token().await;
    let reply = browser.confirm_reset(&token, "short").await;
    assert_eq!(reply.outcome(), (422, "invalid".to_owned()));
    let reply = browser.confirm_reset(&token, OTHER).await;
    assert_eq!(reply.json(), json!({ "step": "sign_in" }));
    assert_eq!(browser.cookie, None);
    assert_eq!(signed_in.email().await, None);
    assert!(site.one_mail().await.subject.contains("was changed"));
    assert_eq!(browser.sign_in(EMAIL, PASSWORD).await.status, 422);
    assert_eq!(
        browser.sign_in(EMAIL, OTHER).await.json()["step"],
        "signed_in"
    );
}

/// The reset link proves that the user owns the address.
#[tokio::test]
async fn a_reset_verifies_the_address() {
    let site = Site::new();
    site.browser().sign_up(EMAIL, PASSWORD).await;
    site.mail().await;
    let mut browser = site.browser();
    browser.request_reset(EMAIL).await;
    browser.confirm_reset(&site.link_token().await, OTHER).await;
    assert_eq!(
        browser.sign_in(EMAIL, OTHER).await.json()["step"],
        "signed_in"
    );
}

/// OWASP ASVS 6.3.7: users are notified of changes.
#[tokio::test]
async fn an_email_change_is_confirmed_and_the_old_address_notified() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    let mut elsewhere = site.browser();
    elsewhere.sign_in(EMAIL, PASSWORD).await;
    let new = "lovelace@example.com";
    let same = browser
        .send("change_email.submit", json!({ "email": EMAIL }))
        .await;
    assert_eq!(
        same.json()["fields"]["email"][0],
        "This is already your email address."
    );
    browser
        .send("change_email.submit", json!({ "email": new }))
        .await;
    let mail = site.one_mail().await;
    assert_eq!(mail.to.as_str(), new);
    let input = json!({ "token": token_in(&mail.text) });
    // A person who received the link by mistake is not signed in, or is signed in to another account.
    let stranger = site
        .browser()
        .send("confirm_email.submit", input.clone())
        .await;
    assert_eq!(stranger.outcome(), (401, "unauthenticated".to_owned()));
    let mut eve = site.member("eve@example.com").await;
    let reply = eve.send("confirm_email.submit", input.clone()).await;
    assert_eq!(reply.outcome().1, "invalid_proof");
    let before = browser.cookie.clone();
    assert_eq!(
        browser
            .send("confirm_email.submit", input.clone())
            .await
            .status,
        200
    );
    assert_ne!(browser.cookie, before);
    assert_eq!(site.one_mail().await.to.as_str(), EMAIL);
    assert_eq!(browser.email().await.as_deref(), Some(new));
    assert_eq!(elsewhere.email().await, None);
    let again = browser.send("confirm_email.submit", input).await;
    assert_eq!(again.outcome().1, "invalid_proof");
    assert_eq!(browser.sign_in(EMAIL, PASSWORD).await.status, 422);
    assert_eq!(browser.sign_in(new, PASSWORD).await.status, 200);
}

/// OWASP ASVS 7.5.1, 7.5.3.
#[tokio::test]
async fn sensitive_functions_require_recent_authentication() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    assert_eq!(browser.send("sensitive", json!({})).await.status, 200);
    site.clock.advance(Duration::from_secs(6 * 60));
    for (name, input) in [
        ("sensitive", json!({})),
        ("change_email.submit", json!({ "email": "b@example.com" })),
        ("delete_account.submit", json!({ "email": EMAIL })),
    ] {
        let reply = browser.send(name, input).await;
        assert_eq!(
            reply.outcome(),
            (401, "reauthenticate".to_owned()),
            "{name}"
        );
    }
    let anonymous = site.browser().send("sensitive", json!({})).await;
    assert_eq!(anonymous.outcome(), (401, "unauthenticated".to_owned()));
    let before = browser.cookie.clone();
    let input = json!({ "password": "wrong password", "next": "/a" });
    let reply = browser.send("reauthenticate.submit", input).await;
    assert_eq!(reply.outcome().1, "wrong_password");
    let input = json!({ "password": PASSWORD, "next": "/a" });
    let reply = browser.send("reauthenticate.submit", input).await;
    assert_eq!(reply.json(), json!({ "step": "signed_in", "next": "/a" }));
    assert_ne!(browser.cookie, before);
    assert_eq!(browser.send("sensitive", json!({})).await.status, 200);
    let mut old = site.browser();
    old.cookie = before;
    assert_eq!(old.email().await, None);
}

/// OWASP ASVS 7.4.2.
#[tokio::test]
async fn account_deletion_removes_sessions_and_tokens() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    let wrong = json!({ "email": "eve@example.com" });
    assert_eq!(
        browser.send("delete_account.submit", wrong).await.status,
        422
    );
    let reply = browser
        .send("delete_account.submit", json!({ "email": EMAIL }))
        .await;
    assert_eq!((reply.status, browser.cookie.clone()), (200, None));
    assert!(site.one_mail().await.subject.contains("deleted"));
    assert_eq!(
        browser.sign_in(EMAIL, PASSWORD).await.outcome().1,
        "wrong_credentials"
    );
    // The address can be used again.
    site.member(EMAIL).await;
}

/// OWASP ASVS 7.5.2: users list and end their sessions, without entering the password again. OWASP ASVS 8.2.2: they
/// cannot end the sessions of other users.
#[tokio::test]
async fn users_list_and_revoke_their_sessions() {
    let site = Site::new();
    let mut laptop = site.member(EMAIL).await;
    let mut phone = site.browser();
    let agent = "Phone\u{7f}".repeat(100);
    phone
        .headers
        .insert("user-agent", agent.replace('\u{7f}', "\t").parse().unwrap());
    phone.peer = "[2001:db8::7]:1".to_owned();
    phone.sign_in(EMAIL, PASSWORD).await;
    let mut tablet = site.browser();
    tablet.sign_in(EMAIL, PASSWORD).await;
    let mut eve = site.member("eve@example.com").await;

    let listed = laptop.send("sessions", json!({})).await.json();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 3);
    let current: Vec<_> = listed.iter().filter(|it| it["current"] == true).collect();
    assert_eq!(current.len(), 1);
    let of_phone = listed
        .iter()
        .find(|it| it["address"] == "2001:db8::7")
        .unwrap();
    assert_eq!(
        of_phone["user_agent"].as_str().unwrap().chars().count(),
        200
    );
    assert!(of_phone["last_used_at"].as_str().unwrap().ends_with('Z'));
    let secrets = laptop.cookie.clone().unwrap();
    let (_, secret) = secrets.split_once('.').unwrap();
    assert!(!format!("{listed:?}").contains(secret));

    let input = json!({ "id": of_phone["id"] });
    let reply = eve.send("revoke_session", input.clone()).await;
    assert_eq!(reply.outcome(), (404, "not_found".to_owned()));
    assert!(phone.email().await.is_some());
    assert_eq!(
        laptop.send("revoke_session", input.clone()).await.status,
        200
    );
    assert_eq!(phone.email().await, None);
    assert_eq!(laptop.send("revoke_session", input).await.status, 404);
    let reply = laptop.send("revoke_other_sessions", json!({})).await;
    assert_eq!(reply.json(), 1);
    assert_eq!(tablet.email().await, None);
    assert!(laptop.email().await.is_some() && eve.email().await.is_some());
}

/// OWASP ASVS 7.4.2, 8.2.1, 8.3.2: deactivation and revoked rights apply to the next request.
#[tokio::test]
async fn access_rights_are_read_with_each_request() {
    use mizan_auth::store::{Access, UserStore};
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    let account = site.store.find_by_email(&EMAIL.parse().unwrap()).await;
    let id = account.unwrap().unwrap().id;
    let set = |change: fn(&mut Access)| {
        let mut access = Access::default();
        change(&mut access);
        assert!(site.store.set_access(&id, access));
    };
    for (change, status) in [
        ((|it| it.staff = true) as fn(&mut Access), 403),
        (|it| it.superuser = true, 200),
        (
            |it| {
                it.staff = true;
                it.groups.insert("editors".to_owned());
            },
            200,
        ),
        (|_| (), 403),
        (|it| it.active = false, 401),
    ] {
        set(change);
        assert_eq!(browser.send("rename", json!({})).await.status, status);
    }
    // A deactivated account gets the same reply as an account that does not exist.
    let reply = browser.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(reply.outcome().1, "wrong_credentials");
}

/// Links in mails work without JavaScript, because forms take values from the query of the page.
#[tokio::test]
async fn forms_take_the_token_from_the_query() {
    let site = Site::new();
    let request = http::Request::get("/verify-email?token=a.b&next=%2Fposts&password=x");
    let caller = site.caller(&request.body(()).unwrap()).await;
    let state = caller.call("verify_link.schema".to_owned(), "{}".into());
    let state: serde_json::Value = serde_json::from_slice(&state.await.unwrap()).unwrap();
    assert_eq!(state["values"], json!({ "token": "a.b", "next": "/posts" }));
}

/// Live validation reports weak passwords but not the existence of accounts.
#[tokio::test]
async fn live_validation_checks_new_passwords() {
    let site = Site::new();
    site.member(EMAIL).await;
    let mut browser = site.browser();
    let mut check = async |values: serde_json::Value| {
        let input = json!({ "values": values });
        browser.send("sign_up.validate", input).await.json()["errors"].clone()
    };
    let weak = check(json!({ "email": EMAIL, "password": "password" })).await;
    let words = "This password is too easy to guess. Use more words, or less common ones.";
    assert_eq!(weak, json!({ "password": [words] }));
    let good = check(json!({ "email": EMAIL, "password": PASSWORD })).await;
    assert_eq!(good, json!({}));
    let address = check(json!({ "email": "ada", "password": PASSWORD })).await;
    assert_eq!(address["email"][0], "Enter a valid email address.");
    assert_eq!(site.mail().await, []);
}
