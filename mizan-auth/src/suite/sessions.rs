use std::time::{Duration, Instant};

use super::minutes;
use crate::session::{Device, Session};
use crate::store::SessionStore;
use crate::token::{Token, TokenId};

pub(super) fn session(user: &str) -> Session {
    let token = Token::random();
    Session {
        id: token.id(),
        secret: token.hash(),
        user: user.to_owned(),
        epoch: 7,
        created_at: minutes(-10),
        last_used_at: minutes(-5),
        expires_at: minutes(60),
        authenticated_at: minutes(-10),
        methods: "pwd".to_owned(),
        device: Device {
            user_agent: "Firefox 'on' Linux ✓".to_owned(),
            address: Some("2001:db8::1".parse().unwrap()),
        },
    }
}

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

/// What a store of sessions has to do, with sessions of two `users` that it may keep sessions of.
///
/// # Panics
///
/// A store that does otherwise.
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
    assert_eq!(store.list_by_user("nobody").await.unwrap(), []);

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
    assert_eq!(store.find(second.id).await.unwrap(), None, "it came back");
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

/// Ten thousand expired sessions of `user` go in steps, and another is found meanwhile; how long that
/// took at most. Not for a store that forgets by itself what has expired.
///
/// # Panics
///
/// A store that removes others, or not all.
pub async fn purging<S: SessionStore>(store: &S, user: &str) -> Duration {
    let live = insert(store, user, |_| ()).await;
    for _ in 0..10_000 {
        insert(store, user, |it| it.expires_at = minutes(-1)).await;
    }
    assert_eq!(store.purge(minutes(0), 300).await.unwrap(), 300);
    let purge = async {
        let mut purged = 300;
        loop {
            let step = store.purge(minutes(0), 500).await.unwrap();
            purged += step;
            if step < 500 {
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
