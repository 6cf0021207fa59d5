//! The layer.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tower_layer::Layer;

use super::service::CompressionService;

/// Responses that are compressed at the same time. An encoder takes up to a few megabytes.
const MAX_COMPRESSED_RESPONSES: usize = 256;

/// A layer that compresses responses with brotli or gzip, as `Accept-Encoding` asks.
///
/// Put it around the whole application. It compresses pages, calls and everything else with a compressible type
/// and at least 1 KB; each chunk of a streamed response is sent at once. A response keeps its bytes if it has a
/// `Content-Encoding` or an `ETag`, is a part of a file or a stream of events, or has
/// `Cache-Control: no-transform`. While 256 responses are being compressed, further ones are sent uncompressed.
///
/// # Secrets in compressed responses
///
/// The length of a compressed response shows whether two parts of it are equal. If another site can make a
/// visitor's browser request a page that contains a secret and a text that the site chose, it can guess the
/// secret byte by byte from the lengths (the attack BREACH). So the response to a request with `Cookie` or
/// `Authorization` is compressed only if the browser states in `Sec-Fetch-Site` that the visitor's own action or
/// a page of the same origin caused it: `none` or `same-origin`. Requests from other sites and sibling domains,
/// and requests of clients that do not send this header, get their response uncompressed.
///
/// This rule does not cover a client certificate, and a text of an attacker that is stored and shown next to a
/// secret, if the attacker also sees the length of the visitor's responses. Set `Cache-Control: no-transform` for
/// such responses.
///
/// ```
/// use mizan_core::Registry;
/// use mizan_http::{Compression, MizanService};
/// use tower_layer::Layer;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let service = Compression::new().layer(MizanService::new(Registry::new().build()?));
/// # drop(service);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Compression {
    permits: Arc<Semaphore>,
}

impl Compression {
    /// Creates the layer. All services of the layer and its clones share its limit.
    #[must_use]
    pub fn new() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(MAX_COMPRESSED_RESPONSES)),
        }
    }
}

impl Default for Compression {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for Compression {
    type Service = CompressionService<S>;

    fn layer(&self, inner: S) -> CompressionService<S> {
        CompressionService::new(Arc::clone(&self.permits), inner)
    }
}
