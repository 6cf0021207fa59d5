use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mizan_auth::store::{RedisSessionStore, SessionStore};

use mizan_auth::suite;

/// A server that stops at the end of the test.
struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start() -> Result<Server, String> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = free.map_err(|error| error.to_string())?.port();
    let process = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("`redis-server` is not on PATH: {error}"))?;
    Ok(Server { process, port })
}

#[tokio::test]
async fn redis_store_passes_the_suite() {
    let server = match start() {
        Ok(server) => server,
        Err(why) => {
            eprintln!("SKIPPED: the suite did not run on Redis: {why}");
            return;
        }
    };
    let url = format!("redis://127.0.0.1:{}", server.port);
    let start = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", server.port)).is_err() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "redis-server did not start"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let store = RedisSessionStore::connect(&url).await.unwrap();
    suite::sessions(&store, ["ada", "eve"]).await;

    // Redis removes expired sessions.
    let mut session = super::session("ada");
    session.expires_at = session.created_at + jiff::SignedDuration::from_millis(300);
    store.insert(&session).await.unwrap();
    assert!(store.find(session.id).await.unwrap().is_some());
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(store.find(session.id).await.unwrap(), None);
    assert_eq!(store.list_by_user("ada").await.unwrap(), []);

    // The store recovers when the server is reachable again.
    drop(server);
    let error = store.find(session.id).await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");
}
