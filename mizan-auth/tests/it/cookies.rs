//! Cookies as they come: encoded, doubled, and beside those of others.

use http::HeaderValue;
use mizan_auth::token::Token;

use crate::site::{Browser, Site};

const EMAIL: &str = "ada@example.com";
const NAME: &str = "__Host-mizan_session";

/// The address of the account that a browser with these `Cookie` headers is signed in to.
async fn signed_in(browser: &Browser<'_>, cookies: &[&[u8]]) -> Option<String> {
    let mut browser = browser.clone();
    (browser.cookie, browser.flow) = (None, None);
    for cookie in cookies {
        let value = HeaderValue::from_bytes(cookie).unwrap();
        browser.headers.append("cookie", value);
    }
    browser.email().await
}

/// The session's token alone, without the name of the cookie.
fn token_of(browser: &Browser<'_>) -> String {
    let cookie = browser.cookie.as_deref().unwrap();
    cookie.split_once('=').unwrap().1.to_owned()
}

/// Browsers protect `__Host-` only as it is written: what reads `__%48ost-` as the same lets a sibling host plant a
/// session.
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
async fn a_cookie_that_is_not_ascii_signs_nobody_out() {
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
async fn the_value_is_not_decoded() {
    let site = Site::new();
    let ada = site.member(EMAIL).await;
    let encoded = token_of(&ada).replace('.', "%2E");
    let cookie = format!("{NAME}={encoded}");
    assert_eq!(signed_in(&ada, &[cookie.as_bytes()]).await, None);
}

/// An invalid cookie of the same name does not hide a valid one. A request with two valid ones is anonymous, since
/// one was planted.
#[tokio::test]
async fn a_session_cookie_that_comes_several_times() {
    let site = Site::new();
    let ada = site.member(EMAIL).await;
    let eve = site.member("eve@example.com").await;
    let own = format!("{NAME}={}", token_of(&ada));
    let of_eve = format!("{NAME}={}", token_of(&eve));
    let worthless = format!("{NAME}={}", Token::random().expose());
    let garbage = format!("{NAME}=garbage");
    for (cookies, expected) in [
        (vec![&worthless, &own], Some(EMAIL)),
        (vec![&own, &worthless], Some(EMAIL)),
        (vec![&garbage, &garbage, &worthless, &own], Some(EMAIL)),
        (vec![&own, &own], Some(EMAIL)),
        (vec![&own, &of_eve], None),
        (vec![&of_eve, &own], None),
        // Four are looked at.
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
