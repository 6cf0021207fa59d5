//! The requests of one render.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, Span};

use super::client::{FetchClient, Received};
use super::event::{FetchEvent, FetchEventKind};
use super::request::{FetchRequest, describe_response};

/// The requests of one render. They are aborted when this value is dropped.
pub(crate) struct Fetches {
    client: Arc<FetchClient>,
    running: HashMap<u32, Running>,
    /// The requests that will send an event without being asked again.
    awaited: HashSet<u32>,
    started: usize,
    sender: Sender<FetchEvent>,
    events: Receiver<FetchEvent>,
    /// The size of all bodies.
    received_bytes: Arc<AtomicUsize>,
}

struct Running {
    reads: mpsc::UnboundedSender<()>,
    _task: AbortOnDropHandle<()>,
}

impl Fetches {
    pub(crate) fn new(client: Arc<FetchClient>) -> Self {
        let (sender, events) = crossbeam_channel::unbounded();
        Self {
            client,
            running: HashMap::new(),
            awaited: HashSet::new(),
            started: 0,
            sender,
            events,
            received_bytes: Arc::default(),
        }
    }

    /// Starts a request and returns its id. Returns a message if the request is not allowed.
    pub(crate) fn start(&mut self, described: &str, body: Option<&[u8]>) -> Result<u32, String> {
        let mut request = FetchRequest::parse(described, body)?;
        let policy = &self.client.policy;
        self.client.client_for(&request.url)?;
        if self.started == policy.max_requests {
            return Err(format!(
                "this render makes more than {} requests; see `FetchPolicy::max_requests`",
                policy.max_requests
            ));
        }
        if body.is_some_and(|body| body.len() > policy.max_request_bytes) {
            return Err(format!(
                "the body of the request has more than {} bytes; see `FetchPolicy::max_request_bytes`",
                policy.max_request_bytes
            ));
        }
        let span = tracing::info_span!(
            target: "mizan::render",
            "mizan.fetch",
            otel.name = request.method.as_str(),
            otel.kind = "client",
            otel.status_code = tracing::field::Empty,
            http.request.method = request.method.as_str(),
            http.response.status_code = tracing::field::Empty,
            server.address = request.url.host_str(),
            server.port = request.url.port_or_known_default(),
        );
        if let Some(add_headers) = policy.trace_context {
            span.in_scope(|| add_headers(&mut request.headers));
        }
        self.started += 1;
        let id = u32::try_from(self.started).map_err(|error| error.to_string())?;
        let (reads, queue) = mpsc::unbounded_channel();
        let exchange = Exchange {
            id,
            client: Arc::clone(&self.client),
            events: self.sender.clone(),
            received_bytes: Arc::clone(&self.received_bytes),
        };
        let task = self
            .client
            .spawn(exchange.run(request, queue).instrument(span));
        let task = task.ok_or("the renderer is closing")?;
        let running = Running {
            reads,
            _task: AbortOnDropHandle::new(task),
        };
        self.running.insert(id, running);
        self.awaited.insert(id);
        Ok(id)
    }

    /// Asks for the next chunk of a body.
    pub(crate) fn read(&mut self, id: u32) {
        if let Some(running) = self.running.get(&id) {
            // If the task has ended, its last event is in the channel.
            let _ = running.reads.send(());
            self.awaited.insert(id);
        }
    }

    /// Aborts a request.
    pub(crate) fn cancel(&mut self, id: u32) {
        self.running.remove(&id);
        self.awaited.remove(&id);
    }

    /// Returns the channel of events if at least one is expected.
    pub(crate) fn pending_events(&self) -> Option<&Receiver<FetchEvent>> {
        (!self.awaited.is_empty()).then_some(&self.events)
    }

    /// Notes that `event` arrived. Returns `false` if its request was cancelled.
    pub(crate) fn record(&mut self, event: &FetchEvent) -> bool {
        self.awaited.remove(&event.id);
        match event.kind {
            FetchEventKind::Response(_) | FetchEventKind::Chunk(_) => {
                self.running.contains_key(&event.id)
            }
            FetchEventKind::End | FetchEventKind::Error(_) => {
                self.running.remove(&event.id).is_some()
            }
        }
    }
}

/// Records the status of a response, or its absence, in the current span.
fn record_status(received: Option<&Received>) {
    let span = Span::current();
    let status = received.map(|received| received.response.status().as_u16());
    span.record("http.response.status_code", status);
    if status.is_none_or(|status| status >= 400) {
        span.record("otel.status_code", "ERROR");
    }
}

/// One request, in a task.
struct Exchange {
    id: u32,
    client: Arc<FetchClient>,
    events: Sender<FetchEvent>,
    received_bytes: Arc<AtomicUsize>,
}

impl Exchange {
    async fn run(self, request: FetchRequest, mut reads: mpsc::UnboundedReceiver<()>) {
        let kind = match self.exchange(request, &mut reads).await {
            Ok(()) => FetchEventKind::End,
            Err(message) => FetchEventKind::Error(message),
        };
        self.send(kind);
    }

    /// Sends the request, and the body of its response as it is asked for.
    async fn exchange(
        &self,
        request: FetchRequest,
        reads: &mut mpsc::UnboundedReceiver<()>,
    ) -> Result<(), String> {
        let received = self.client.send(request).await;
        record_status(received.as_ref().ok());
        let mut received = received?;
        self.send(FetchEventKind::Response(describe_response(
            received.response.status(),
            &received.url,
            received.redirected,
            received.response.headers(),
        )));
        let limit = self.client.policy.max_response_bytes;
        while reads.recv().await.is_some() {
            let Some(chunk) = FetchClient::read(&mut received.response).await? else {
                return Ok(());
            };
            let before = self
                .received_bytes
                .fetch_add(chunk.len(), Ordering::Relaxed);
            if before.saturating_add(chunk.len()) > limit {
                return Err(format!(
                    "the responses of this render have more than {limit} bytes; see \
                     `FetchPolicy::max_response_bytes`"
                ));
            }
            self.send(FetchEventKind::Chunk(chunk));
        }
        Ok(())
    }

    fn send(&self, kind: FetchEventKind) {
        // The render may have ended in the meantime.
        let _ = self.events.send(FetchEvent { id: self.id, kind });
    }
}
