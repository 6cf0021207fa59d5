//! Tests of user stores.

use std::sync::Arc;

use super::fixtures::new_account;
use crate::email_address::EmailAddress;
use crate::password::PasswordHash;
use crate::store::UserStore;

fn email(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

/// Tests a user store.
///
/// # Panics
///
/// Panics if the store is incorrect.
pub async fn users<S: UserStore>(store: Arc<S>) {
    let new = new_account("ada@example.com");
    let ada = store.create(new.clone()).await.unwrap().unwrap();
    assert!(!ada.id.is_empty() && !ada.email_verified && ada.access.active);
    assert_eq!(ada.epoch, 0);
    assert_eq!((&ada.email, ada.created_at), (&new.email, new.created_at));
    assert_eq!(store.find(&ada.id).await.unwrap().as_ref(), Some(&ada));
    let found = store.find_by_email(&ada.email).await.unwrap();
    assert_eq!(found.as_ref(), Some(&ada));
    assert_eq!(store.find("unknown").await.unwrap(), None);
    let unknown = email("unknown@example.com");
    assert_eq!(store.find_by_email(&unknown).await.unwrap(), None);

    // Only one of several concurrent calls creates an account with an address.
    assert_eq!(store.create(new).await.unwrap(), None);
    let calls = (0..20).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.create(new_account("race@example.com")).await.unwrap() })
    });
    let created = futures_util::future::join_all(calls).await;
    let created = created.into_iter().filter_map(Result::unwrap);
    assert_eq!(created.count(), 1);

    replaces_passwords(&*store, &ada.id).await;
    replaces_addresses(&*store, &ada.id).await;

    assert!(store.delete(&ada.id).await.unwrap());
    assert!(!store.delete(&ada.id).await.unwrap());
    assert_eq!(store.find(&ada.id).await.unwrap(), None);
    let again = store.create(new_account("lovelace@example.com")).await;
    assert_ne!(again.unwrap().unwrap().id, ada.id);
}

/// A password is replaced only in the expected epoch, which advances.
async fn replaces_passwords<S: UserStore>(store: &S, id: &str) {
    let [first, second, third] = ["first", "second", "third"].map(PasswordHash::from_stored);
    let replaced = store.replace_password(id, 0, &second).await;
    assert_eq!(replaced.unwrap(), Some(1));
    for (id, epoch) in [(id, 0), (id, 2), ("unknown", 1)] {
        let replaced = store.replace_password(id, epoch, &third).await;
        assert_eq!(replaced.unwrap(), None);
    }
    let found = store.find(id).await.unwrap().unwrap();
    assert_eq!((found.password.as_ref(), found.epoch), (Some(&second), 1));

    assert!(!store.rehash_password(id, &first, &third).await.unwrap());
    assert!(store.rehash_password(id, &second, &third).await.unwrap());
    let found = store.find(id).await.unwrap().unwrap();
    assert_eq!((found.password.as_ref(), found.epoch), (Some(&third), 1));

    assert_eq!(store.advance_epoch(id, 1).await.unwrap(), Some(2));
    for (id, epoch) in [(id, 1), ("unknown", 2)] {
        assert_eq!(store.advance_epoch(id, epoch).await.unwrap(), None);
    }
    assert_eq!(store.find(id).await.unwrap().unwrap().epoch, 2);

    let mut without = new_account("without@example.com");
    without.password = None;
    let without = store.create(without).await.unwrap().unwrap();
    assert_eq!(without.password, None);
    let replaced = store.replace_password(&without.id, 0, &third).await;
    assert_eq!(replaced.unwrap(), Some(1));
}

async fn replaces_addresses<S: UserStore>(store: &S, id: &str) {
    let (ada, lovelace) = (email("ada@example.com"), email("lovelace@example.com"));
    assert!(!store.verify_email(id, &lovelace).await.unwrap());
    assert!(!store.find(id).await.unwrap().unwrap().email_verified);
    assert!(store.verify_email(id, &ada).await.unwrap());
    assert!(store.find(id).await.unwrap().unwrap().email_verified);

    let taken = email("race@example.com");
    for (id, epoch, new) in [
        (id, 2, &taken),
        (id, 1, &lovelace),
        ("unknown", 2, &lovelace),
    ] {
        let replaced = store.replace_email(id, epoch, new).await;
        assert_eq!(replaced.unwrap(), None);
    }
    let replaced = store.replace_email(id, 2, &lovelace).await;
    assert_eq!(replaced.unwrap(), Some(3));
    assert_eq!(store.find(id).await.unwrap().unwrap().epoch, 3);
    let found = store.find_by_email(&lovelace).await.unwrap().unwrap();
    assert!(found.id == id && found.email_verified);
    assert_eq!(store.find_by_email(&ada).await.unwrap(), None);
}
