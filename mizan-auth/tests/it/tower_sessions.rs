//! Authentication with the sessions of tower-sessions.

use std::sync::Arc;

use http::Request;
use mizan_auth::store::{NewAccount, UserStore};
use mizan_auth::tower_sessions::TowerSessions;
use mizan_core::RequestHead;
use mizan_http::Authenticate;
use tower_sessions_core::Session;
use tower_sessions_memory_store::MemoryStore;

use crate::site::Site;

fn head(session: Option<&Session>) -> RequestHead {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.extensions.extend(
        session
            .cloned()
            .map(|session| {
                let mut extensions = http::Extensions::new();
                extensions.insert(session);
                extensions
            })
            .unwrap_or_default(),
    );
    RequestHead::new(parts, None)
}

#[tokio::test]
async fn finds_the_principal_by_a_session_of_tower_sessions() {
    let site = Site::new();
    let account =
        NewAccount::new("ada@example.com".parse().unwrap(), site.clock.now()).email_verified(true);
    let account = site.store.create(account).await.unwrap().unwrap();
    let sessions = TowerSessions::new(site.accounts.clone(), "user_id");
    let session = Session::new(None, Arc::new(MemoryStore::default()), None);
    let authenticate =
        async |session: Option<&Session>| sessions.authenticate(&head(session)).await;
    assert!(!authenticate(Some(&session)).await.unwrap().is_signed_in());
    session.insert("user_id", &account.id).await.unwrap();
    let principal = authenticate(Some(&session)).await.unwrap();
    assert_eq!(principal.id(), Some(account.id.as_str()));
    // The time of the authentication is unknown.
    assert!(!principal.is_recently_authenticated());
    session.insert("user_id", "unknown").await.unwrap();
    assert!(!authenticate(Some(&session)).await.unwrap().is_signed_in());
    let error = authenticate(None).await.unwrap_err();
    assert!(
        format!("{error:?}").contains("SessionManagerLayer"),
        "{error:?}"
    );
}
