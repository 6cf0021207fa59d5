//! A proxy between clients and servers that cuts connections.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

pub(crate) struct Proxy {
    pub(crate) addr: SocketAddr,
    open: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Proxy {
    /// Forwards each connection to one of the servers, in turn.
    pub(crate) async fn start(servers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let open = Arc::<Mutex<Vec<AbortHandle>>>::default();
        let kept = Arc::clone(&open);
        tokio::spawn(async move {
            for server in servers.iter().cycle() {
                let Ok((mut client, _)) = listener.accept().await else {
                    return;
                };
                let server = *server;
                let task = tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(server).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
                kept.lock().unwrap().push(task.abort_handle());
            }
        });
        Self { addr, open }
    }

    /// Cuts about half of the connections.
    pub(crate) fn cut_half(&self) {
        self.open.lock().unwrap().retain(|open| {
            let is_cut = getrandom::u32().unwrap().is_multiple_of(2);
            if is_cut {
                open.abort();
            }
            !is_cut && !open.is_finished()
        });
    }

    pub(crate) fn cut_all(&self) {
        for open in self.open.lock().unwrap().drain(..) {
            open.abort();
        }
    }
}
