//! Unusual cookie headers: encoded names, repeated cookies and cookies of other applications.

use http::HeaderValue;
use mizan_auth::token::Token;

use crate::site::{Browser, Site};

const EMAIL: &str = "ada@example.com";
const NAME: &str = "__Host-mizan_session";

/// Returns the email address of the account that a browser with these `Cookie` headers is signed in to.
async fn signed_in(browser: &Browser<'_>, cookies: &[&[u8]]) -> Option<String> {
    let mut browser = browser.clone();
    (browser.cookie, browser.flow) = (None, None);
    for cookie in cookies {
        let value = HeaderValue::from_bytes(cookie).unwrap();
        browser.headers.append("cookie", value);
    }
    browser.email().await
}

/// Returns the value of the session cookie.
fn token_of(browser: &Browser<'_>) -> String {
    let cookie = browser.cookie.as_deref().unwrap();
    cookie.split_once('=').unwrap().1.to_owned()
}

/// Browsers protect only the literal prefix `__Host-`. A server that decodes `__%48ost-` lets a sibling host plant
/// a session.
#[tokio::test]
async fn rejects_other_spellings_of_the_cookie_name() {
    let site = Site::new();
    let ada = site.member(EMAIL).await;
    let eve = site.member("eve@example.com").await;
    let (of_ada, of_eve) = (token_of(&ada), token_of(&eve));
    for name in [
        "__%48ost-mizan_session",
        "%5F%5FHost-mizan_session",
        "\u{2000}__Host-mizan_session",
        "\u{a0}__Host-mizan_session",
        "__host-mizan_session",
        "__Host-mizan_session ",
    ] {
        let planted = format!("{name}={of_eve}");
        assert_eq!(
            signed_in(&eve, &[planted.as_bytes()]).await,
            None,
            "{name:?}"
        );
        let both = format!("{planted}; {NAME}={of_ada}");
        let found = signed_in(&ada, &[both.as_bytes()]).await;
        assert_eq!(found.as_deref(), Some(EMAIL), "{name:?}");
    }
}

#[tokio::test]
async fn cookies_that_are_not_ascii_do_not_sign_users_out() {
    let site = Site::new();
    let ada = site.member(EMAIL).await;
    let own = format!("{NAME}={}", token_of(&ada));
    for other in [
        &b"other=\xc3\xa9"[..],
        b"other=\xff",
        b"\xe2\x9c\x93",
        b"=",
        b"a;;b",
    ] {
        let cookie = [other, b"; ", own.as_bytes()].concat();
        assert_eq!(signed_in(&ada, &[&cookie]).await.as_deref(), Some(EMAIL));
        let apart = signed_in(&ada, &[other, own.as_bytes()]).await;
        assert_eq!(apart.as_deref(), Some(EMAIL));
    }
}

#[tokio::test]
async fn session_cookie_values_are_not_decoded() {
    let site = Site::new();
    let ada = site.member(EMAIL).await;
    let encoded = token_of(&ada).replace('.', "%2E");
    let cookie = format!("{NAME}={encoded}");
    assert_eq!(signed_in(&ada, &[cookie.as_bytes()]).await, None);
}

/// An invalid cookie does not hide a valid one of the same name. A request with the cookies of two sessions is
/// anonymous, because one of them was planted.
#[tokio::test]
async fn handles_repeated_session_cookies() {
    let site = Site::new();
    let ada = site.member(EMAIL).await;
    let eve = site.member("eve@example.com").await;
    let own = format!("{NAME}={}", token_of(&ada));
    let of_eve = format!("{NAME}={}", token_of(&eve));
    let unknown_token = format!("{NAME}={}", Token::random().expose());
    let garbage = format!("{NAME}=garbage");
    for (cookies, expected) in [
        (vec![&unknown_token, &own], Some(EMAIL)),
        (vec![&own, &unknown_token], Some(EMAIL)),
        (vec![&garbage, &garbage, &unknown_token, &own], Some(EMAIL)),
        (vec![&own, &own], Some(EMAIL)),
        (vec![&own, &of_eve], None),
        (vec![&of_eve, &own], None),
        // Only the first four are read.
        (vec![&garbage, &garbage, &garbage, &garbage, &own], None),
    ] {
        let lines: Vec<_> = cookies.iter().map(|cookie| cookie.as_bytes()).collect();
        assert_eq!(
            signed_in(&ada, &lines).await.as_deref(),
            expected,
            "{cookies:?}"
        );
        let line = lines.join(&b"; "[..]);
        assert_eq!(
            signed_in(&ada, &[&line]).await.as_deref(),
            expected,
            "{cookies:?}"
        );
    }
}
