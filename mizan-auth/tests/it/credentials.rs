//! Changes of credentials with concurrent calls and store failures.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::Request;
use jiff::Timestamp;
use mizan_auth::rate_limit::RateLimit;
use mizan_auth::session::Device;
use mizan_auth::store::{
    Access, IssuedToken, MemoryStore, SessionStore, StoreError, TokenPurpose, TokenStore, UserStore,
};
use mizan_auth::token::TokenId;
use mizan_auth::{AccountsBuilder, Password, Sessions};
use mizan_core::RequestHead;
use mizan_http::Authenticate;
use serde_json::json;

use crate::faulty_sessions::{Mode, site};
use crate::site::{Browser, PASSWORD, Site, UNLIMITED, account};

const EMAIL: &str = "ada@example.com";
const OTHER: &str = "another good password";

/// Returns a second signed-in browser of the same user, for example of a thief.
async fn second<'a>(site: &'a Site) -> Browser<'a> {
    let mut browser = site.browser();
    let reply = browser.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    browser
}

#[tokio::test]
async fn a_password_change_ends_other_sessions_despite_store_failures() {
    for mode in [Mode::Fails, Mode::Forgot, Mode::RevokesMeanwhile] {
        let (site, faulty) = site();
        let mut ada = site.member(EMAIL).await;
        let mut thief = second(&site).await;
        faulty.set(mode);
        let reply = ada.change_password(PASSWORD, OTHER).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(site.one_mail().await.subject.contains("was changed"));
        faulty.set(Mode::Works);
        assert_eq!(
            thief.email().await,
            None,
            "the session of the thief is still valid"
        );
        let goes_on = mode == Mode::Forgot;
        assert_eq!(
            ada.email().await.is_some(),
            goes_on,
            "unexpected session state"
        );
        assert_eq!(second_outcome(&site, PASSWORD).await, "wrong_credentials");
        assert_eq!(second_outcome(&site, OTHER).await, "");
    }
}

async fn second_outcome(site: &Site, password: &str) -> String {
    let reply = site.browser().sign_in(EMAIL, password).await;
    reply.outcome().1
}

#[tokio::test]
async fn a_reset_ends_all_sessions_despite_store_failures() {
    for mode in [Mode::Fails, Mode::Forgot] {
        let (site, faulty) = site();
        let mut thief = site.member(EMAIL).await;
        site.browser().request_reset(EMAIL).await;
        let token = site.link_token().await;
        faulty.set(mode);
        let reply = site.browser().confirm_reset(&token, OTHER).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(site.one_mail().await.subject.contains("was changed"));
        assert_eq!(thief.email().await, None);
        let again = site.browser().confirm_reset(&token, PASSWORD).await;
        assert_eq!(again.outcome().1, "invalid_proof");
    }
}

#[tokio::test]
async fn other_sessions_end_even_if_the_store_does_not_list_them() {
    let (site, faulty) = site();
    let mut ada = site.member(EMAIL).await;
    let mut thief = second(&site).await;
    faulty.set(Mode::Forgot);
    let reply = ada.send("revoke_other_sessions", json!({})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(
        (ada.email().await.as_deref(), thief.email().await),
        (Some(EMAIL), None)
    );
}

/// The epoch ends sessions that the store can currently neither list nor remove.
#[tokio::test]
async fn other_sessions_end_despite_store_failures() {
    let (site, faulty) = site();
    let mut ada = site.member(EMAIL).await;
    let mut thief = second(&site).await;
    faulty.set(Mode::Fails);
    let reply = ada.send("revoke_other_sessions", json!({})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    faulty.set(Mode::Works);
    assert_eq!(thief.email().await, None);

    let mut thief = second(&site).await;
    let account = site.store.find_by_email(&EMAIL.parse().unwrap()).await;
    let id = account.unwrap().unwrap().id;
    faulty.set(Mode::Fails);
    assert!(site.accounts.end_all_sessions(&id).await.is_ok());
    faulty.set(Mode::Works);
    assert_eq!(thief.email().await, None);
}

/// An application ends all sessions after it has changed a second factor.
#[tokio::test]
async fn applications_can_end_all_sessions_of_a_user() {
    let site = Site::new();
    let mut ada = site.member(EMAIL).await;
    let account = site.store.find_by_email(&EMAIL.parse().unwrap()).await;
    let id = account.unwrap().unwrap().id;
    assert_eq!(site.accounts.end_all_sessions(&id).await.unwrap(), 1);
    assert_eq!(ada.email().await, None);
    assert_eq!(site.store.list_by_user(&id).await.unwrap(), []);
    assert!(site.accounts.end_all_sessions("unknown").await.is_ok());
}

/// A thief with a stolen cookie ends the other sessions while the victim changes the password.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stolen_session_does_not_survive_a_concurrent_password_change() {
    for delay in [0, 1, 2, 4, 8] {
        let site = Site::new();
        let mut ada = site.member(EMAIL).await;
        let mut thief = second(&site).await;
        let change = async { ada.change_password(PASSWORD, OTHER).await };
        let theft = async {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            thief.send("revoke_other_sessions", json!({})).await
        };
        let (changed, _) = tokio::join!(change, theft);
        let is_changed = second_outcome(&site, OTHER).await.is_empty();
        // If the thief was first, the victim was signed out before the change started.
        assert_eq!(changed.status == 200, is_changed, "{changed:?}");
        let mails = site.mail().await;
        let is_notified = mails
            .iter()
            .any(|mail| mail.subject.contains("was changed"));
        assert_eq!(is_notified, is_changed);
        if is_changed {
            assert_eq!(thief.email().await, None, "{delay}");
        }
    }
}

/// A call is dropped at its deadline, but its change continues.
#[tokio::test]
async fn a_change_completes_even_if_the_call_is_dropped() {
    let (site, faulty) = site();
    let ada = site.member(EMAIL).await;
    let mut thief = second(&site).await;
    let cookie = ada.cookie.as_deref().unwrap();
    let request = Request::post("/")
        .header("cookie", cookie)
        .body(())
        .unwrap();
    let head = Arc::new(RequestHead::new(request.into_parts().0, None));
    let principal = site.accounts.authenticate(&head).await.unwrap();
    let id = principal.id().unwrap().to_owned();
    let app = mizan_auth::registry(site.accounts.clone()).build().unwrap();
    let cx = app.context(principal, head);

    faulty.set(Mode::Waits);
    let (old, new) = (Password::from(PASSWORD), Password::from(OTHER));
    let is_replaced = async {
        while UserStore::find(&*site.store, &id)
            .await
            .unwrap()
            .unwrap()
            .epoch
            == 0
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        _ = site.accounts.change_password(&cx, &old, &new) => panic!("it waits at the gate"),
        () = is_replaced => {}
    }
    assert_eq!(
        thief.email().await,
        None,
        "the epoch has not ended the session"
    );
    faulty.gate.add_permits(1);
    assert!(site.one_mail().await.subject.contains("was changed"));
    assert_eq!(
        site.store.list_by_user(&id).await.unwrap(),
        [],
        "they are removed too"
    );
}

/// The session exists with its old or its new id at any time, so that a revocation finds it.
#[tokio::test]
async fn revocation_finds_a_session_that_is_being_rotated() {
    let (site, faulty) = site();
    let sessions: &Sessions = site.accounts.sessions();
    let opened = sessions
        .open(&account("ada"), "pwd", Device::default())
        .await;
    let (session, _) = opened.unwrap();
    faulty.set(Mode::RevokesMeanwhile);
    assert!(sessions.rotate(&session, "pwd").await.unwrap().is_none());
    assert_eq!(site.store.list_by_user("ada").await.unwrap(), []);
}

/// Links and tickets that were issued before the credentials changed are invalid even if the store still has them.
#[tokio::test]
async fn tokens_of_an_earlier_epoch_are_invalid() {
    let site = Site::new();
    site.member(EMAIL).await;
    site.browser().request_reset(EMAIL).await;
    let token = site.link_token().await;
    let account = site.store.find_by_email(&EMAIL.parse().unwrap()).await;
    let id = account.unwrap().unwrap().id;
    site.store.advance_epoch(&id, 0).await.unwrap();
    let reply = site.browser().confirm_reset(&token, OTHER).await;
    assert_eq!(reply.outcome().1, "invalid_proof");
}

/// A call that was authenticated before the credentials changed continues afterwards.
#[tokio::test]
async fn an_ended_session_does_not_reopen() {
    let site = Site::new();
    let thief = site.member(EMAIL).await;
    let account = site.store.find_by_email(&EMAIL.parse().unwrap()).await;
    let account = account.unwrap().unwrap();
    let session = site
        .store
        .list_by_user(&account.id)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(session.epoch, account.epoch);
    // The change of the victim has advanced the epoch but not yet removed the session.
    let epoch = site.store.advance_epoch(&account.id, account.epoch).await;
    assert_eq!(epoch.unwrap(), Some(account.epoch + 1));
    let mut thief = thief;
    for call in ["revoke_other_sessions", "sessions"] {
        let reply = thief.send(call, json!({})).await;
        assert_eq!(reply.outcome().1, "unauthenticated");
    }
    let late = site.store.advance_epoch(&account.id, session.epoch).await;
    assert_eq!(
        late.unwrap(),
        None,
        "what a call that is under way would ask"
    );
}

/// The epoch invalidates device cookies even if their removal fails.
#[tokio::test]
async fn devices_become_unknown_when_the_epoch_advances() {
    let site = Site::with(|accounts| {
        accounts
            .rate_limits(UNLIMITED.sign_in_by_account(RateLimit::new(1, Duration::from_secs(3600))))
    });
    let thief = site.member(EMAIL).await;
    let account = site.store.find_by_email(&EMAIL.parse().unwrap()).await;
    let account = account.unwrap().unwrap();
    let mut stranger = site.browser();
    assert_eq!(stranger.sign_in(EMAIL, "wrong password").await.status, 422);
    let mut known = site.browser();
    known.device = thief.device.clone();
    assert_eq!(known.sign_in(EMAIL, "wrong password").await.status, 422);
    let advanced = site.store.advance_epoch(&account.id, account.epoch).await;
    assert!(advanced.unwrap().is_some());
    assert_eq!(known.sign_in(EMAIL, "wrong password").await.status, 429);
}

/// A flood of failed sign-ins does not lock out a user who signs out other devices or changes the address.
#[tokio::test]
async fn the_device_that_makes_a_change_stays_known() {
    const NEW: &str = "lovelace@example.com";
    let site = Site::with(|accounts| {
        accounts
            .rate_limits(UNLIMITED.sign_in_by_account(RateLimit::new(1, Duration::from_secs(3600))))
    });
    let mut ada = site.member(EMAIL).await;
    for email in [EMAIL, NEW] {
        let mut stranger = site.browser();
        assert_eq!(stranger.sign_in(email, "wrong password").await.status, 422);
    }
    let reply = ada.send("revoke_other_sessions", json!({})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let mut again = site.browser();
    again.device = ada.device.clone();
    assert_eq!(again.sign_in(EMAIL, PASSWORD).await.status, 200);

    let input = json!({ "email": NEW });
    ada.send("change_email.submit", input).await;
    let token = site.link_token().await;
    let input = json!({ "token": token });
    let reply = ada.send("confirm_email.submit", input).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let mut again = site.browser();
    again.device = ada.device.clone();
    assert_eq!(again.sign_in(NEW, PASSWORD).await.status, 200);

    // A session alone does not make its browser a known device, because it may be stolen.
    let mut thief = site.browser();
    thief.cookie = ada.cookie.clone();
    let reply = thief.send("revoke_other_sessions", json!({})).await;
    assert_eq!((reply.status, thief.device), (200, None));
}

/// The device cookie is optional.
#[tokio::test]
async fn signs_in_even_if_the_device_cannot_be_stored() {
    let store = Arc::<MemoryStore>::default();
    let tokens = Arc::new(NoDevices(Arc::clone(&store)));
    let mut site = Site::with(|accounts: AccountsBuilder| {
        accounts.store(Arc::clone(&store)).token_store(tokens)
    });
    site.store = store;
    let mut ada = site.member(EMAIL).await;
    assert_eq!(ada.email().await.as_deref(), Some(EMAIL));
    assert_eq!(ada.device, None);
}

/// A token store that rejects known devices.
struct NoDevices(Arc<MemoryStore>);

#[async_trait]
impl TokenStore for NoDevices {
    async fn insert(&self, token: &IssuedToken) -> Result<(), StoreError> {
        if token.purpose == TokenPurpose::KnownDevice {
            return Err(StoreError::temporary("the store is full"));
        }
        TokenStore::insert(&*self.0, token).await
    }

    async fn find(&self, id: TokenId) -> Result<Option<IssuedToken>, StoreError> {
        TokenStore::find(&*self.0, id).await
    }

    async fn attempt(&self, id: TokenId) -> Result<bool, StoreError> {
        self.0.attempt(id).await
    }

    async fn take(&self, id: TokenId) -> Result<bool, StoreError> {
        self.0.take(id).await
    }

    async fn remove_by_user(&self, user: &str) -> Result<(), StoreError> {
        TokenStore::remove_by_user(&*self.0, user).await
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        TokenStore::purge(&*self.0, now, limit).await
    }
}

/// If the reply to a reset is lost, the repeated request gets the stored reply.
#[tokio::test]
async fn resets_are_replayed_for_their_idempotency_key() {
    let site = Site::new();
    site.member(EMAIL).await;
    site.browser().request_reset(EMAIL).await;
    let token = site.link_token().await;
    let mut browser = site.browser();
    let key = "a-random-key-0123456789".parse().unwrap();
    browser.headers.insert("idempotency-key", key);
    for _ in 0..2 {
        let reply = browser.confirm_reset(&token, OTHER).await;
        assert_eq!(reply.outcome(), (200, String::new()));
        assert!(browser.device.take().is_some());
    }
    browser.headers.clear();
    let reply = browser.confirm_reset(&token, PASSWORD).await;
    assert_eq!(reply.outcome().1, "invalid_proof");
}

/// A socket closes even if the store still has its session: after the epoch has advanced, or after the account was
/// deactivated.
#[tokio::test]
async fn sockets_close_when_their_session_becomes_invalid() {
    for is_deactivated in [false, true] {
        let (site, _) = site();
        let ada = site.member(EMAIL).await;
        let cookie = ada.cookie.as_deref().unwrap();
        let request = Request::get("/").header("cookie", cookie).body(()).unwrap();
        let head = RequestHead::new(request.into_parts().0, None);
        let principal = site.accounts.authenticate(&head).await.unwrap();
        let id = principal.id().unwrap().to_owned();
        let account = UserStore::find(&*site.store, &id).await.unwrap().unwrap();
        let minute = Duration::from_secs(60);
        tokio::time::pause();
        let ended = tokio::time::timeout(minute, site.accounts.wait_until_ended(&principal));
        assert!(ended.await.is_err(), "the session is still valid");
        if is_deactivated {
            let access = Access::default().active(false);
            site.store.set_access(&id, access);
        } else {
            let advanced = site.store.advance_epoch(&id, account.epoch).await;
            assert!(advanced.unwrap().is_some());
        }
        let ended = tokio::time::timeout(minute, site.accounts.wait_until_ended(&principal));
        assert!(ended.await.is_ok(), "deactivated: {is_deactivated}");
        assert_eq!(site.store.list_by_user(&id).await.unwrap().len(), 1);
        tokio::time::resume();
    }
}
