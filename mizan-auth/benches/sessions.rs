//! Measures the authentication of requests and the purge of expired sessions.
//!
//! Run it with `cargo bench -p mizan-auth`. For comparison, it also measures the memory store of
//! tower-sessions, which loads a record by the id in a cookie and checks no hash, account or expiry. A
//! separate program in `tower_sessions_sqlite` measures its SQLite store.

#![expect(
    clippy::unwrap_used,
    reason = "a failed unwrap aborts the benchmark, which is intended"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use cookie::time::OffsetDateTime;
use divan::Bencher;
use http::{Request, header};
use jiff::{SignedDuration, Timestamp};
use mizan_auth::mail::ConsoleMailer;
use mizan_auth::password::HashCost;
use mizan_auth::session::Device;
use mizan_auth::store::{AccountStore, MemoryStore, NewAccount, SessionStore, SqliteStore};
use mizan_auth::token::Token;
use mizan_auth::{Accounts, EmailAddress, Session};
use mizan_core::RequestHead;
use mizan_http::Authenticate;
use tokio::runtime::Runtime;
use tower_sessions_core::SessionStore as _;
use tower_sessions_core::session::{Id, Record};

fn main() {
    divan::main();
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

const ACCOUNTS: usize = 1_000;

/// Returns accounts with a thousand signed-in users, and the head of a request of one user.
async fn signed_in<S: AccountStore>(store: Arc<S>) -> (Accounts, RequestHead) {
    let accounts = Accounts::builder("https://example.com")
        .store(Arc::clone(&store))
        .mailer(Arc::new(ConsoleMailer))
        .hash_cost(HashCost::new(64, 1, 1))
        .build()
        .unwrap();
    let mut token = String::new();
    for number in 0..ACCOUNTS {
        let email: EmailAddress = format!("{number}@example.com").parse().unwrap();
        let account = NewAccount::new(email, Timestamp::now()).email_verified(true);
        let account = store.create(account).await.unwrap().unwrap();
        let user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101";
        let device = Device::new(user_agent, None);
        let opened = accounts.sessions().open(&account, "pwd", device).await;
        token = opened.unwrap().1.expose();
    }
    let request = Request::post("/api/mizan/call/echo")
        .header(header::COOKIE, format!("__Host-mizan_session={token}"));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let head = RequestHead::new(parts, None);
    let principal = accounts.authenticate(&head).await.unwrap();
    assert!(principal.is_signed_in());
    (accounts, head)
}

/// Finds the principal of a session cookie.
#[divan::bench]
fn check_memory(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let (accounts, head) = runtime.block_on(signed_in(Arc::new(MemoryStore::default())));
    bencher.bench_local(|| runtime.block_on(accounts.authenticate(&head)).unwrap());
}

/// Finds the principal of a session cookie with one SQLite query for the session and the account.
#[divan::bench(sample_count = 200, sample_size = 20)]
fn check_sqlite(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let store = runtime.block_on(SqliteStore::open(&path)).unwrap();
    let (accounts, head) = runtime.block_on(signed_in(Arc::new(store)));
    bencher.bench_local(|| runtime.block_on(accounts.authenticate(&head)).unwrap());
}

#[divan::bench]
fn load_tower_sessions_memory(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let store = tower_sessions_memory_store::MemoryStore::default();
    let in_an_hour = OffsetDateTime::now_utc() + Duration::from_secs(3600);
    let mut cookie = String::new();
    for number in 0..ACCOUNTS {
        let mut record = Record {
            id: Id::default(),
            data: [("user".to_owned(), number.to_string().into())].into(),
            expiry_date: in_an_hour,
        };
        runtime.block_on(store.create(&mut record)).unwrap();
        cookie = record.id.to_string();
    }
    bencher.bench_local(|| {
        let id: Id = cookie.parse().unwrap();
        runtime.block_on(store.load(&id)).unwrap().unwrap()
    });
}

async fn insert_expired<S: SessionStore>(store: &S) {
    for _ in 0..10_000 {
        let token = Token::random();
        let past = Timestamp::now() - SignedDuration::from_hours(1);
        let mut session = Session::new(token.id(), token.hash(), "ada", past);
        "pwd".clone_into(&mut session.methods);
        store.insert(&session).await.unwrap();
    }
}

/// Purges 10,000 expired sessions while requests are authenticated, and prints the longest
/// authentication.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn purge_10_000_sqlite(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let store = Arc::new(runtime.block_on(SqliteStore::open(&path)).unwrap());
    let (accounts, head) = runtime.block_on(signed_in(Arc::clone(&store)));
    let longest = std::cell::Cell::new(Duration::ZERO);
    bencher
        .with_inputs(|| runtime.block_on(insert_expired(&*store)))
        .bench_local_values(|()| {
            runtime.block_on(async {
                let checks = async {
                    loop {
                        let start = Instant::now();
                        accounts.authenticate(&head).await.unwrap();
                        longest.set(longest.get().max(start.elapsed()));
                        tokio::task::yield_now().await;
                    }
                };
                tokio::select! {
                    purged = accounts.sessions().purge() => assert_eq!(purged.unwrap(), 10_000),
                    () = checks => unreachable!(),
                }
            });
        });
    eprintln!(
        "  longest authentication during a purge: {:?}",
        longest.get()
    );
}
