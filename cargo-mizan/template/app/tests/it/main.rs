//! Tests through the application, with its policies and validation.

mod test_database;

use std::sync::Arc;

use mizan_auth::mail::ConsoleMailer;
use mizan_auth::store::{NewAccount, UserStore as _};
use mizan_channels::Channels;
use mizan_channels::broker::MemoryBroker;
use mizan_core::{App, Identity, Principal};
use mizan_forms::functions::SubmitMutation;
use mizan_template::database::{self, AccountStore};
use mizan_template::notes::{AddNote, LatestNotes};
use serde_json::json;

use test_database::TestDatabase;

/// The application with an empty database.
struct TestApp {
    app: App,
    store: AccountStore,
    _database: TestDatabase,
}

impl TestApp {
    async fn new() -> anyhow::Result<Self> {
        let test_database = TestDatabase::create().await?;
        let (database, store) = database::open(&test_database.options).await?;
        let accounts = mizan_template::accounts("http://localhost")
            .store(Arc::new(store.clone()))
            .mailer(Arc::new(ConsoleMailer))
            .build()?;
        let channels = Channels::new(MemoryBroker::new());
        let registry = mizan_template::registry(accounts)
            .state(database)
            .state(channels);
        Ok(Self {
            app: registry.build()?,
            store,
            _database: test_database,
        })
    }

    /// Creates an account and returns its user.
    async fn user(&self, email: &str) -> anyhow::Result<Principal> {
        let new = NewAccount::new(email.parse()?, jiff::Timestamp::now()).email_verified(true);
        let account = self.store.create(new).await?;
        let account = account.ok_or_else(|| anyhow::anyhow!("{email} has an account"))?;
        Ok(Identity::new(account.id).into())
    }
}

fn note(text: &str) -> SubmitMutation<AddNote> {
    SubmitMutation::new(json!({ "text": text }))
}

#[tokio::test]
async fn users_write_notes_that_everyone_reads() -> anyhow::Result<()> {
    let test = TestApp::new().await?;
    let ada = test.user("ada@example.com").await?;
    test.app.call_as(ada.clone(), note("First")).await.unwrap();
    test.app.call_as(ada, note("Second")).await.unwrap();
    let notes = test
        .app
        .call_as(Principal::anonymous(), LatestNotes {})
        .await
        .unwrap();
    let texts: Vec<_> = notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(texts, ["Second", "First"]);
    assert_eq!(notes[0].author, "ada");
    Ok(())
}

#[tokio::test]
async fn visitors_cannot_write_notes() -> anyhow::Result<()> {
    let test = TestApp::new().await?;
    let refused = test
        .app
        .call_as(Principal::anonymous(), note("Hello"))
        .await;
    assert_eq!(refused.unwrap_err().code(), "unauthenticated");
    Ok(())
}

#[tokio::test]
async fn a_note_has_at_most_280_characters() -> anyhow::Result<()> {
    let test = TestApp::new().await?;
    let ada = test.user("ada@example.com").await?;
    let refused = test.app.call_as(ada, note(&"x".repeat(281))).await;
    assert_eq!(refused.unwrap_err().code(), "invalid");
    Ok(())
}
