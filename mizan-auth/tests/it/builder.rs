//! Configuration, sessions outside of calls, purging, and file mail.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mizan_auth::{Accounts, AccountsBuilder, Sessions};

use mizan_auth::mail::{ConsoleMailer, FileMailer, Mail, Mailer};

use mizan_auth::store::MemoryStore;
use serde_json::Value;

use crate::secrets::Log;
use crate::site::{CHEAP, PASSWORD, Site, account};

fn builder(base_url: &str) -> AccountsBuilder {
    Accounts::builder(base_url)
        .store(Arc::new(MemoryStore::default()))
        .mailer(Arc::new(ConsoleMailer))
        .hash_cost(CHEAP)
}

#[test]
fn plain_http_is_allowed_only_on_localhost() {
    for (url, allowed) in [
        ("https://example.com", true),
        ("https://example.com/app", true),
        ("http://localhost:8000", true),
        ("http://127.0.0.1:8000", true),
        ("http://[::1]:8000", true),
        ("http://shop.localhost", true),
        ("http://example.com", false),
        ("http://localhost.example.com", false),
        ("http://192.168.0.1", false),
        ("ftp://example.com", false),
        ("example.com", false),
        ("https://example.com/?a=b", false),
        ("https://user:secret@example.com", false),
    ] {
        assert_eq!(builder(url).build().is_ok(), allowed, "{url}");
    }
}

/// Plain HTTP on localhost uses another cookie and logs a warning.
#[tokio::test]
async fn development_mode_is_logged() {
    let (log, _guard) = Log::start();
    let site = Site::at("http://localhost:8000", |accounts| accounts);
    assert!(log.text().contains("development mode"), "{}", log.text());
    let browser = site.member("ada@example.com").await;
    assert!(browser.cookie.unwrap().starts_with("mizan_session="));
    let reply = site.browser().sign_in("ada@example.com", PASSWORD).await;
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    assert!(!cookie.contains("Secure"), "{cookie}");

    let (log, _guard) = Log::start();
    Site::new();
    assert!(!log.text().contains("development mode"), "{}", log.text());
}

#[test]
fn build_errors_name_the_missing_part() {
    let error = Accounts::builder("https://example.com")
        .build()
        .unwrap_err();
    assert!(error.to_string().contains(".mailer(..)"), "{error}");
    let no_store = Accounts::builder("https://example.com").mailer(Arc::new(ConsoleMailer));
    let error = no_store.build().unwrap_err();
    assert!(error.to_string().contains(".store(..)"), "{error}");
    let bad = builder("https://example.com").template("verify_email.txt", "{{");
    let error = bad.build().unwrap_err();
    assert!(error.to_string().contains("verify_email.txt"), "{error}");
    let free = mizan_auth::password::HashCost::new(0, 1, 1);
    assert!(
        builder("https://example.com")
            .hash_cost(free)
            .build()
            .is_err()
    );
}

#[tokio::test]
async fn wait_until_ended_returns_when_the_session_ends() {
    let site = Site::new();
    let sessions = site.accounts.sessions();
    let elsewhere = Sessions::new(site.store.clone(), sessions.lifetime(), site.clock.clone());
    let open = async || {
        sessions
            .open(&account("ada"), "pwd", Default::default())
            .await
            .unwrap()
            .0
    };
    let (here, there, late, kept) = (open().await, open().await, open().await, open().await);
    let waiting = |id| {
        let sessions = sessions.clone();
        tokio::spawn(async move { sessions.wait_until_ended(id).await })
    };
    let (of_here, of_there) = (waiting(here.id), waiting(there.id));
    let (of_late, of_kept) = (waiting(late.id), waiting(kept.id));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let start = Instant::now();
    sessions.revoke("ada", here.id).await.unwrap();
    of_here.await.unwrap();
    assert!(
        start.elapsed() < Duration::from_millis(300),
        "{:?}",
        start.elapsed()
    );
    // Another process revokes one session, and then all others except one.
    elsewhere.revoke("ada", there.id).await.unwrap();
    of_there.await.unwrap();
    elsewhere.revoke_all("ada", Some(kept.id)).await.unwrap();
    of_late.await.unwrap();
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    assert!(!of_kept.is_finished());
    site.clock.advance(sessions.lifetime().absolute);
    of_kept.await.unwrap();
    // A wait for a session that has already ended returns at once.
    sessions.wait_until_ended(here.id).await;
}

#[tokio::test]
async fn purges_expired_sessions_and_tokens() {
    let site = Site::new();
    site.member("ada@example.com").await;
    site.browser().request_reset("ada@example.com").await;
    site.accounts.purge().await.unwrap();
    assert!(format!("{:?}", site.store).contains("sessions: 1, tokens: 2"));
    site.clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
    site.accounts.purge().await.unwrap();
    // Devices stay known for longer than a session lasts.
    assert!(format!("{:?}", site.store).contains("accounts: 1, sessions: 0, tokens: 1"));
    site.clock.advance(Duration::from_secs(180 * 24 * 60 * 60));
    site.accounts.purge().await.unwrap();
    assert!(format!("{:?}", site.store).contains("accounts: 1, sessions: 0, tokens: 0"));
}

/// An address that a user entered by mistake becomes free again. OWASP ASVS does not require this.
#[tokio::test]
async fn purges_unverified_accounts() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let email = "eve@example.com";
    let site = Site::new();
    site.member("ada@example.com").await;
    site.browser().sign_up(email, PASSWORD).await;
    site.clock.advance(6 * DAY);
    site.accounts.purge().await.unwrap();
    assert!(format!("{:?}", site.store).contains("accounts: 2"));
    site.clock.advance(2 * DAY);
    // An account is not purged while a new code for it is valid.
    let mut browser = site.browser();
    browser.sign_in(email, PASSWORD).await;
    site.accounts.purge().await.unwrap();
    assert!(format!("{:?}", site.store).contains("accounts: 2"));
    site.clock.advance(DAY);
    site.accounts.purge().await.unwrap();
    assert!(format!("{:?}", site.store).contains("accounts: 1"));
    site.mail().await;
    site.member(email).await;

    let hour = Duration::from_secs(60 * 60);
    let keeping = |duration| {
        builder("https://example.com")
            .unverified_retention(duration)
            .build()
    };
    assert!(keeping(hour).is_ok());
    let refused = keeping(hour - Duration::from_secs(1)).unwrap_err();
    assert!(
        refused.to_string().contains("at least one hour"),
        "{refused}"
    );
}

#[tokio::test]
async fn file_mailer_writes_private_files() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = FileMailer::new(folder.path().join("mail"));
    for number in 0..3 {
        let to = "ada@example.com".parse().unwrap();
        let mail = Mail::new(to, format!("number {number}"), "Hello ✓\n");
        mailer.send(&mail).await.unwrap();
    }
    let files = std::fs::read_dir(folder.path().join("mail")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 3);
    for (number, file) in files.iter().enumerate() {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "other users can read links and codes");
        }
        let mail: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        assert_eq!(mail["subject"], format!("number {number}"));
        assert_eq!(
            (&mail["to"], &mail["text"]),
            (&"ada@example.com".into(), &"Hello ✓\n".into())
        );
    }
}
