//! What it costs to find out who makes a request, and to forget sessions that have expired.
//!
//! `cargo bench -p mizan-auth`. Beside it: what tower-sessions' memory store does for a request,
//! that is to load the record that a cookie's id names. It knows no hash, no account and no expiry. Its
//! SQLite store is measured by a program of its own, in the folder `tower_sessions_sqlite`.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on says so by panicking"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use cookie::time::OffsetDateTime;
use divan::Bencher;
use http::{Request, header};
use jiff::{SignedDuration, Timestamp};
use mizan_auth::{
    AccountStore, Accounts, ConsoleMailer, Device, EmailAddress, HashCost, MemoryStore, NewAccount,
    Session, SessionStore, SqliteStore, Token,
};
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

const OTHERS: usize = 1_000;

/// Accounts, and the head of a request of one of a thousand who are signed in.
async fn signed_in<S: AccountStore>(store: Arc<S>) -> (Accounts, RequestHead) {
    let accounts = Accounts::builder("https://example.com")
        .store(Arc::clone(&store))
        .mailer(Arc::new(ConsoleMailer))
        .hash_cost(HashCost {
            memory: 64,
            passes: 1,
            lanes: 1,
        })
        .build()
        .unwrap();
    let mut token = String::new();
    for number in 0..OTHERS {
        let email: EmailAddress = format!("{number}@example.com").parse().unwrap();
        let account = NewAccount {
            email,
            email_verified: true,
            password: None,
            created_at: Timestamp::now(),
        };
        let account = store.create(account).await.unwrap().unwrap();
        let device = Device {
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101".to_owned(),
            address: None,
        };
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

/// From the cookie to the principal.
#[divan::bench]
fn check_memory(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let (accounts, head) = runtime.block_on(signed_in(Arc::new(MemoryStore::default())));
    bencher.bench_local(|| runtime.block_on(accounts.authenticate(&head)).unwrap());
}

/// The same with SQLite: one question for the session and the account.
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
    for number in 0..OTHERS {
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

async fn expired<S: SessionStore>(store: &S) {
    for _ in 0..10_000 {
        let token = Token::random();
        let past = Timestamp::now() - SignedDuration::from_hours(1);
        let session = Session {
            id: token.id(),
            secret: token.hash(),
            user: "ada".to_owned(),
            epoch: 0,
            created_at: past,
            last_used_at: past,
            expires_at: past,
            authenticated_at: past,
            methods: "pwd".to_owned(),
            device: Device::default(),
        };
        store.insert(&session).await.unwrap();
    }
}

/// 10,000 expired sessions go while others are checked; says how long a check took at most.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn purge_10_000_sqlite(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let store = Arc::new(runtime.block_on(SqliteStore::open(&path)).unwrap());
    let (accounts, head) = runtime.block_on(signed_in(Arc::clone(&store)));
    let longest = std::cell::Cell::new(Duration::ZERO);
    bencher
        .with_inputs(|| runtime.block_on(expired(&*store)))
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
        "  the longest check during a purge took {:?}",
        longest.get()
    );
}
