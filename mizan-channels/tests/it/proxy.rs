//! A way to a server that can be cut, and mended again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
    /// Answers are thrown away.
    is_deaf: Arc<AtomicBool>,
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
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut state = shared.lock().unwrap();
                if state.is_cut {
                    continue;
                }
                let target = state.target;
                let deaf = Arc::clone(&deaf);
                let task = tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", target)).await {
                        let (mut asks, mut hears) = client.split();
                        let (mut answers, mut takes) = server.split();
                        tokio::select! {
                            _ = copy(&mut asks, &mut takes) => {}
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

    pub(crate) fn mend(&self) {
        self.is_deaf.store(false, Ordering::Relaxed);
        self.state.lock().unwrap().is_cut = false;
    }
}
