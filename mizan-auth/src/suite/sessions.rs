//! Tests of session stores.

use std::time::{Duration, Instant};

use super::fixtures::{minutes, session};
use crate::session::{Device, Session};
use crate::store::SessionStore;
use crate::token::TokenId;

async fn insert<S: SessionStore>(
    store: &S,
    user: &str,
    change: impl FnOnce(&mut Session),
) -> Session {
    let mut session = session(user);
    change(&mut session);
    store.insert(&session).await.unwrap();
    session
}

/// Tests a session store with the sessions of two `users`.
///
/// # Panics
///
/// Panics if the store is incorrect.
pub async fn sessions<S: SessionStore>(store: &S, users: [&str; 2]) {
    let [ada, eve] = users;
    let first = insert(store, ada, |it| it.last_used_at = minutes(-9)).await;
    let second = insert(store, ada, |it| it.device = Device::default()).await;
    let of_another = insert(store, eve, |_| ()).await;
    for session in [&first, &second, &of_another] {
        let found = store.find(session.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(session));
    }
    assert_eq!(store.find(TokenId::random()).await.unwrap(), None);
    let listed = store.list_by_user(ada).await.unwrap();
    assert_eq!(listed, [second.clone(), first.clone()]);
    assert_eq!(store.list_by_user("unknown").await.unwrap(), []);

    let (used, expiry) = (minutes(0), minutes(90));
    store.touch(first.id, used, expiry).await.unwrap();
    let touched = Session {
        last_used_at: used,
        expires_at: expiry,
        ..first.clone()
    };
    assert_eq!(store.find(first.id).await.unwrap(), Some(touched.clone()));
    assert_eq!(store.list_by_user(ada).await.unwrap()[0], touched);

    assert!(store.remove(second.id).await.unwrap());
    assert!(!store.remove(second.id).await.unwrap());
    store.touch(second.id, used, expiry).await.unwrap();
    assert_eq!(
        store.find(second.id).await.unwrap(),
        None,
        "a removed session was restored"
    );
    assert_eq!(store.list_by_user(ada).await.unwrap(), [touched]);

    let ids = [first.id, second.id, of_another.id, TokenId::random()];
    let mut live = store.find_live(&ids, minutes(0)).await.unwrap();
    live.sort();
    let mut expected = [first.id, of_another.id];
    expected.sort();
    assert_eq!(live, expected);
    assert_eq!(store.find_live(&ids, minutes(100)).await.unwrap(), []);
    assert_eq!(store.find_live(&[], minutes(0)).await.unwrap(), []);
    let many: Vec<_> = (0..1200).map(|_| TokenId::random()).chain(ids).collect();
    assert_eq!(store.find_live(&many, minutes(0)).await.unwrap().len(), 2);

    let third = insert(store, ada, |_| ()).await;
    let removed = store.remove_by_user(ada, Some(third.id)).await.unwrap();
    assert_eq!(removed, [first.id]);
    let removed = store.remove_by_user(ada, None).await.unwrap();
    assert_eq!(removed, [third.id]);
    assert_eq!(store.list_by_user(ada).await.unwrap(), []);
    assert_eq!(store.remove_by_user(ada, None).await.unwrap(), []);
    assert_eq!(store.list_by_user(eve).await.unwrap()[0], of_another);
    assert!(store.remove(of_another.id).await.unwrap());
}

/// Purges ten thousand expired sessions of `user` in batches while another session is looked up, and returns
/// the duration of the longest lookup.
///
/// It does not apply to stores that remove expired sessions automatically.
///
/// # Panics
///
/// Panics if the store removes other sessions or does not remove all expired ones.
pub async fn session_purge<S: SessionStore>(store: &S, user: &str) -> Duration {
    let live = insert(store, user, |_| ()).await;
    for _ in 0..10_000 {
        insert(store, user, |it| it.expires_at = minutes(-1)).await;
    }
    assert_eq!(store.purge(minutes(0), 300).await.unwrap(), 300);
    let purge = async {
        let mut purged = 300;
        loop {
            let batch = store.purge(minutes(0), 500).await.unwrap();
            purged += batch;
            if batch < 500 {
                return purged;
            }
            tokio::task::yield_now().await;
        }
    };
    let mut longest = Duration::ZERO;
    let checks = async {
        loop {
            let start = Instant::now();
            assert!(store.find(live.id).await.unwrap().is_some());
            longest = longest.max(start.elapsed());
            tokio::task::yield_now().await;
        }
    };
    let purged = tokio::select! {
        purged = purge => purged,
        () = checks => unreachable!(),
    };
    assert_eq!(purged, 10_000);
    assert_eq!(store.find(live.id).await.unwrap(), Some(live.clone()));
    assert!(store.remove(live.id).await.unwrap());
    longest
}
