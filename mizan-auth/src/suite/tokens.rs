//! Tests of token stores.

use std::sync::Arc;

use super::fixtures::{issued_token, minutes};
use crate::store::{TokenPurpose, TokenStore};
use crate::token::{Token, TokenId};

/// Tests a token store with tokens of two `users` and tokens without a user.
///
/// # Panics
///
/// Panics if the store is incorrect.
pub async fn tokens<S: TokenStore>(store: Arc<S>, users: [&str; 2]) {
    let [ada, eve] = users;
    for purpose in TokenPurpose::ALL {
        let mut token = issued_token(Some(ada));
        token.purpose = purpose;
        token.code = Some(Token::random().hash());
        token.browser = Some(Token::random().hash());
        store.insert(&token).await.unwrap();
        assert_eq!(store.find(token.id).await.unwrap(), Some(token));
    }
    let without_user = issued_token(None);
    store.insert(&without_user).await.unwrap();
    assert_eq!(
        store.find(without_user.id).await.unwrap(),
        Some(without_user.clone())
    );
    assert_eq!(store.find(TokenId::random()).await.unwrap(), None);

    // Of 50 concurrent calls, exactly five use up an attempt, and exactly one takes the token.
    for (is_taking, expected) in [(false, 5), (true, 1)] {
        let calls = (0..50).map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let outcome = if is_taking {
                    store.take(without_user.id).await
                } else {
                    store.attempt(without_user.id).await
                };
                outcome.unwrap()
            })
        });
        let outcomes = futures_util::future::join_all(calls).await.into_iter();
        let succeeded = outcomes.filter(|outcome| *outcome.as_ref().unwrap());
        assert_eq!(succeeded.count(), expected);
    }
    assert_eq!(store.find(without_user.id).await.unwrap(), None);
    assert!(!store.attempt(without_user.id).await.unwrap());

    let of_another = issued_token(Some(eve));
    let of_ada = issued_token(Some(ada));
    for token in [&of_another, &of_ada] {
        store.insert(token).await.unwrap();
    }
    store.remove_by_user(ada).await.unwrap();
    assert_eq!(store.find(of_ada.id).await.unwrap(), None);
    assert!(store.find(of_another.id).await.unwrap().is_some());

    for _ in 0..3 {
        let mut expired = issued_token(Some(ada));
        expired.expires_at = minutes(-1);
        store.insert(&expired).await.unwrap();
    }
    let now = minutes(0);
    assert_eq!(store.purge(now, 2).await.unwrap(), 2);
    assert_eq!(store.purge(now, 2).await.unwrap(), 1);
    assert!(store.find(of_another.id).await.unwrap().is_some());
    assert!(store.take(of_another.id).await.unwrap());
}
