//! Registration of channels.

use std::sync::Arc;

use mizan_core::Registry;

use crate::channels::Channels;

/// Adds [`Channels`] to a registry.
pub trait RegisterChannels {
    /// Adds the channels to the state, and makes them the publisher of invalidations, so that the application can have
    /// live queries.
    ///
    /// ```
    /// use mizan_channels::broker::MemoryBroker;
    /// use mizan_channels::{Channels, RegisterChannels as _};
    /// use mizan_core::{Error, Registry, client};
    ///
    /// #[client(query, live)]
    /// async fn unread(room: String) -> Result<u64, Error> {
    ///     drop(room);
    ///     Ok(3)
    /// }
    ///
    /// # fn main() -> Result<(), mizan_core::BuildError> {
    /// let channels = Channels::new(MemoryBroker::new());
    /// let app = Registry::new().channels(channels).function::<Unread>().build()?;
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    fn channels(self, channels: Channels) -> Self;
}

impl RegisterChannels for Registry {
    fn channels(self, channels: Channels) -> Self {
        self.invalidation_publisher(Arc::new(channels.clone()))
            .state(channels)
    }
}
