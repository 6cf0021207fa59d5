use std::sync::Arc;

use super::minutes;
use crate::store::{IssuedToken, TokenPurpose, TokenStore};
use crate::token::{Token, TokenId};

pub(super) fn issued(user: Option<&str>) -> IssuedToken {
    let token = Token::random();
    IssuedToken {
        id: token.id(),
        secret: token.hash(),
        code: None,
        purpose: TokenPurpose::ResetPassword,
        browser: None,
        epoch: 7,
        user: user.map(str::to_owned),
        email: "ada@example.com".parse().unwrap(),
        attempts: 5,
        expires_at: minutes(10),
    }
}

/// What a store of tokens has to do, with tokens of two `users` that it may keep tokens of, and of nobody.
///
/// # Panics
///
/// A store that does otherwise.
pub async fn tokens<S: TokenStore>(store: Arc<S>, users: [&str; 2]) {
    let [ada, eve] = users;
    for purpose in TokenPurpose::ALL {
        let mut token = issued(Some(ada));
        token.purpose = purpose;
        token.code = Some(Token::random().hash());
        token.browser = Some(Token::random().hash());
        store.insert(&token).await.unwrap();
        assert_eq!(store.find(token.id).await.unwrap(), Some(token));
    }
    let nobodys = issued(None);
    store.insert(&nobodys).await.unwrap();
    assert_eq!(store.find(nobodys.id).await.unwrap(), Some(nobodys.clone()));
    assert_eq!(store.find(TokenId::random()).await.unwrap(), None);

    // Of many that take it at once, one gets it; of many attempts, five.
    for (taking, expected) in [(false, 5), (true, 1)] {
        let tries = (0..50).map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let got = if taking {
                    store.take(nobodys.id).await
                } else {
                    store.attempt(nobodys.id).await
                };
                got.unwrap()
            })
        });
        let got = futures_util::future::join_all(tries).await;
        let got = got.into_iter().filter(|got| *got.as_ref().unwrap());
        assert_eq!(got.count(), expected);
    }
    assert_eq!(store.find(nobodys.id).await.unwrap(), None);
    assert!(!store.attempt(nobodys.id).await.unwrap());

    let of_another = issued(Some(eve));
    let of_ada = issued(Some(ada));
    for token in [&of_another, &of_ada] {
        store.insert(token).await.unwrap();
    }
    store.remove_by_user(ada).await.unwrap();
    assert_eq!(store.find(of_ada.id).await.unwrap(), None);
    assert!(store.find(of_another.id).await.unwrap().is_some());

    for _ in 0..3 {
        let mut expired = issued(Some(ada));
        expired.expires_at = minutes(-1);
        store.insert(&expired).await.unwrap();
    }
    let now = minutes(0);
    assert_eq!(store.purge(now, 2).await.unwrap(), 2);
    assert_eq!(store.purge(now, 2).await.unwrap(), 1);
    assert!(store.find(of_another.id).await.unwrap().is_some());
    assert!(store.take(of_another.id).await.unwrap());
}
