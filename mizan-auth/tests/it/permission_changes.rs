//! Reports of changed access rights, for the channels of a user.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use mizan_auth::store::{Access, UserStore};
use mizan_core::{Principal, RequestHead};
use mizan_http::Authenticate;
use serde_json::json;

use crate::site::{Browser, PASSWORD, Site, code_in, token_in};

const EMAIL: &str = "ada@example.com";

/// Returns the ids of the users whose changes the site reports.
fn reports(site: &Site) -> Arc<Mutex<Vec<String>>> {
    let reports = Arc::<Mutex<Vec<String>>>::default();
    let notified = Arc::clone(&reports);
    site.accounts
        .on_permissions_changed(move |user| notified.lock().unwrap().push(user.to_owned()));
    reports
}

fn take(reports: &Mutex<Vec<String>>) -> Vec<String> {
    std::mem::take(&mut *reports.lock().unwrap())
}

async fn id(site: &Site) -> String {
    let account = site.store.find_by_email(&EMAIL.parse().unwrap()).await;
    account.unwrap().unwrap().id
}

async fn principal(site: &Site, browser: &Browser<'_>) -> Principal {
    let cookie = browser.cookie.as_deref().unwrap();
    let request = Request::get("/").header("cookie", cookie).body(()).unwrap();
    let head = RequestHead::new(request.into_parts().0, None);
    site.accounts.authenticate(&head).await.unwrap()
}

#[tokio::test]
async fn verification_of_an_email_address_is_reported_once() {
    let site = Site::new();
    let reports = reports(&site);
    let mut browser = site.browser();
    let reply = browser.sign_up(EMAIL, PASSWORD).await;
    assert_eq!(take(&reports), [""; 0]);
    let code = code_in(&site.one_mail().await.text);
    let ticket = &reply.json()["ticket"];
    assert_eq!(browser.verify_code(ticket, "000000").await.status, 422);
    assert_eq!(take(&reports), [""; 0]);
    browser.verify_code(ticket, &code).await;
    assert_eq!(take(&reports), [id(&site).await]);

    browser.request_reset(EMAIL).await;
    let token = token_in(&site.one_mail().await.text);
    let reply = browser.confirm_reset(&token, "another good password").await;
    assert_eq!(reply.status, 200);
    assert_eq!(take(&reports), [""; 0], "the address was verified before");
}

#[tokio::test]
async fn reset_that_verifies_the_email_address_is_reported() {
    let site = Site::new();
    let reports = reports(&site);
    let mut browser = site.browser();
    browser.sign_up(EMAIL, PASSWORD).await;
    site.mail().await;
    browser.request_reset(EMAIL).await;
    let token = token_in(&site.one_mail().await.text);
    let reply = browser.confirm_reset(&token, "another good password").await;
    assert_eq!(reply.status, 200);
    assert_eq!(take(&reports), [id(&site).await]);
}

#[tokio::test]
async fn application_reports_changes_to_all_services() {
    let site = Site::new();
    let (first, second) = (reports(&site), reports(&site));
    site.accounts.permissions_changed("ada");
    assert_eq!(
        (take(&first), take(&second)),
        (vec!["ada".to_owned()], vec!["ada".to_owned()])
    );
}

#[tokio::test]
async fn changes_of_other_programs_are_detected_while_a_socket_is_open() {
    let site = Site::new();
    let browser = site.member(EMAIL).await;
    let principal = principal(&site, &browser).await;
    let reports = reports(&site);
    let id = id(&site).await;
    tokio::time::pause();
    let minute = Duration::from_secs(60);
    let mut ended = pin!(site.accounts.wait_until_ended(&principal));
    assert!(tokio::time::timeout(minute, &mut ended).await.is_err());
    assert_eq!(take(&reports), [""; 0], "nothing has changed");
    for access in [Access::default().group("editors"), Access::default()] {
        site.store.set_access(&id, access);
        assert!(tokio::time::timeout(minute, &mut ended).await.is_err());
        assert_eq!(take(&reports), [id.as_str()]);
    }
    site.store.set_access(&id, Access::default().active(false));
    assert!(tokio::time::timeout(minute, &mut ended).await.is_ok());
}

/// The sockets of ended sessions close, and the replacing session is authenticated when it connects.
#[tokio::test]
async fn change_of_the_password_ends_the_session_of_the_socket() {
    let site = Site::new();
    let mut browser = site.member(EMAIL).await;
    let old = principal(&site, &browser).await;
    let ended = site.accounts.wait_until_ended(&old);
    let change = browser.change_password(PASSWORD, "another good password");
    let (reply, ()) = tokio::join!(change, ended);
    assert_eq!(reply.status, 200);
    let new = principal(&site, &browser).await;
    assert_eq!(new.id(), old.id());
    assert_eq!(browser.send("sensitive", json!({})).await.status, 200);
}
