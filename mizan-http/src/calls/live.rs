//! The position in the log of invalidations, which replies to live queries contain.

use http::{HeaderMap, HeaderName, HeaderValue};
use mizan_core::App;
use mizan_core::adapter::FunctionEntry;

/// The response header with the position from which a client follows the changes of the result.
const LIVE: HeaderName = HeaderName::from_static("mizan-live");

/// A position as text, `epoch:offset`. It is taken before the query runs, so that the result contains all changes
/// before it.
pub(crate) struct LivePosition(String);

impl LivePosition {
    /// Returns the current position, for a live query of an application that follows the log.
    pub(crate) fn current(app: &App, function: &FunctionEntry) -> Option<Self> {
        if !function.is_live() {
            return None;
        }
        #[cfg(feature = "channels")]
        if let Some(channels) = app.state::<mizan_channels::Channels>() {
            return Some(Self(channels.live_position()?.to_string()));
        }
        #[cfg(not(feature = "channels"))]
        let _ = app;
        None
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn add_to(self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(self.0) {
            headers.insert(LIVE, value);
        }
    }
}
