//! A way to a server that can be cut, and mended again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
    /// Answers are thrown away.
    is_deaf: Arc<AtomicBool>,
    /// The bytes from clients that the proxy holds back from the server; `None` while it forwards them.
    held: Arc<Mutex<Option<Vec<u8>>>>,
}

struct State {
    target: u16,
    is_cut: bool,
    open: Vec<AbortHandle>,
}

impl Proxy {
    pub(crate) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            target,
            is_cut: false,
            open: Vec::new(),
        }));
        let is_deaf = Arc::<AtomicBool>::default();
        let (shared, deaf) = (Arc::clone(&state), Arc::clone(&is_deaf));
        let held = Arc::<Mutex<Option<Vec<u8>>>>::default();
        let kept_back = Arc::clone(&held);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut state = shared.lock().unwrap();
                if state.is_cut {
                    continue;
                }
                let target = state.target;
                let deaf = Arc::clone(&deaf);
                let kept_back = Arc::clone(&kept_back);
                let task = tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", target)).await {
                        let (mut asks, mut hears) = client.split();
                        let (mut answers, mut takes) = server.split();
                        tokio::select! {
                            () = async {
                                let mut buffer = vec![0; 16 * 1024];
                                while let Ok(read @ 1..) = asks.read(&mut buffer).await {
                                    if let Some(held) = &mut *kept_back.lock().unwrap() {
                                        held.extend_from_slice(&buffer[..read]);
                                        continue;
                                    }
                                    if takes.write_all(&buffer[..read]).await.is_err() {
                                        return;
                                    }
                                }
                            } => {}
                            () = async {
                                let mut buffer = vec![0; 16 * 1024];
                                while let Ok(read @ 1..) = answers.read(&mut buffer).await {
                                    if !deaf.load(Ordering::Relaxed)
                                        && hears.write_all(&buffer[..read]).await.is_err()
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
            is_deaf,
            held,
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Ends all connections, and takes no new ones.
    pub(crate) fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        for open in state.open.drain(..) {
            open.abort();
        }
    }

    /// Throws away what the server answers.
    pub(crate) fn deafen(&self) {
        self.is_deaf.store(true, Ordering::Relaxed);
    }

    /// Keeps back what clients send.
    pub(crate) fn hold(&self) {
        *self.held.lock().unwrap() = Some(Vec::new());
    }

    /// Returns whether the bytes that the proxy holds back contain `text`.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let held = self.held.lock().unwrap();
        let mut windows = held.iter().flat_map(|held| held.windows(text.len()));
        windows.any(|window| window == text.as_bytes())
    }

    /// Takes what was kept back, and keeps back nothing more.
    pub(crate) fn take_held(&self) -> Vec<u8> {
        self.held.lock().unwrap().take().unwrap_or_default()
    }

    /// Sends the server what came late, and waits for its answers.
    pub(crate) async fn deliver(&self, late: &[u8]) {
        let target = self.state.lock().unwrap().target;
        let mut server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
        server.write_all(late).await.unwrap();
        server.shutdown().await.unwrap();
        let mut answers = Vec::new();
        server.read_to_end(&mut answers).await.unwrap();
        assert!(!answers.is_empty(), "the server answered");
    }

    pub(crate) fn mend(&self) {
        self.is_deaf.store(false, Ordering::Relaxed);
        self.state.lock().unwrap().is_cut = false;
    }
}
