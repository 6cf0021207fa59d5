//! A TCP proxy that can be interrupted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// A TCP proxy to a local server.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
    /// True if the responses of the server are dropped.
    drops_responses: Arc<AtomicBool>,
    /// The bytes from clients that the proxy holds back from the server; `None` while it forwards them.
    held: Arc<Mutex<Option<Vec<u8>>>>,
}

struct State {
    target: u16,
    is_cut: bool,
    open: Vec<AbortHandle>,
}

impl Proxy {
    pub(crate) async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            target,
            is_cut: false,
            open: Vec::new(),
        }));
        let drops_responses = Arc::<AtomicBool>::default();
        let (shared, drops) = (Arc::clone(&state), Arc::clone(&drops_responses));
        let held = Arc::<Mutex<Option<Vec<u8>>>>::default();
        let requests = Arc::clone(&held);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut state = shared.lock().unwrap();
                if state.is_cut {
                    continue;
                }
                let target = state.target;
                let drops = Arc::clone(&drops);
                let requests = Arc::clone(&requests);
                let task = tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", target)).await {
                        let (mut from_client, mut to_client) = client.split();
                        let (mut from_server, mut to_server) = server.split();
                        tokio::select! {
                            () = async {
                                let mut buffer = vec![0; 16 * 1024];
                                while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
                                    if let Some(held) = &mut *requests.lock().unwrap() {
                                        held.extend_from_slice(&buffer[..read]);
                                        continue;
                                    }
                                    if to_server.write_all(&buffer[..read]).await.is_err() {
                                        return;
                                    }
                                }
                            } => {}
                            () = async {
                                let mut buffer = vec![0; 16 * 1024];
                                while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
                                    if !drops.load(Ordering::Relaxed)
                                        && to_client.write_all(&buffer[..read]).await.is_err()
                                    {
                                        return;
                                    }
                                }
                            } => {}
                        }
                    }
                });
                state.open.push(task.abort_handle());
            }
        });
        Self {
            port,
            state,
            drops_responses,
            held,
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Closes all connections, and accepts no new ones.
    pub(crate) fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        for open in state.open.drain(..) {
            open.abort();
        }
    }

    /// Drops the responses of the server.
    pub(crate) fn drop_responses(&self) {
        self.drops_responses.store(true, Ordering::Relaxed);
    }

    /// Holds back the requests of clients.
    pub(crate) fn hold(&self) {
        *self.held.lock().unwrap() = Some(Vec::new());
    }

    /// Returns whether the bytes that the proxy holds back contain `text`.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let held = self.held.lock().unwrap();
        let mut windows = held.iter().flat_map(|held| held.windows(text.len()));
        windows.any(|window| window == text.as_bytes())
    }

    /// Returns the bytes that were held back, and forwards further requests.
    pub(crate) fn take_held(&self) -> Vec<u8> {
        self.held.lock().unwrap().take().unwrap_or_default()
    }

    /// Forwards late requests to the server, and waits for its responses.
    pub(crate) async fn forward(&self, late: &[u8]) {
        let target = self.state.lock().unwrap().target;
        let mut server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
        server.write_all(late).await.unwrap();
        server.shutdown().await.unwrap();
        let mut responses = Vec::new();
        server.read_to_end(&mut responses).await.unwrap();
        assert!(!responses.is_empty(), "the server responds");
    }

    /// Forwards new connections to another server.
    #[cfg(feature = "postgres")]
    pub(crate) fn set_target(&self, port: u16) {
        self.state.lock().unwrap().target = port;
    }

    /// Accepts connections, and forwards responses again.
    pub(crate) fn restore(&self) {
        self.drops_responses.store(false, Ordering::Relaxed);
        self.state.lock().unwrap().is_cut = false;
    }
}
