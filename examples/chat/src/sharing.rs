//! The state that several processes share: the rooms, and the limits and outcomes of operations.

use std::sync::Arc;

use mizan_channels::Channels;
#[cfg(feature = "postgres")]
use mizan_channels::broker::PostgresBroker;
use mizan_channels::broker::{MemoryBroker, RedisBroker};
use mizan_core::shared_store::{MemorySharedStore, SharedStore};
#[cfg(feature = "postgres")]
use mizan_store::PostgresSharedStore;
use mizan_store::RedisSharedStore;

use crate::config::Config;

/// Returns the channels of the rooms, which several processes share through Redis or PostgreSQL.
///
/// # Errors
///
/// Returns an error if the configuration names both, or a database that cannot be reached.
pub async fn channels(config: &Config) -> anyhow::Result<Channels> {
    check(config)?;
    #[cfg(feature = "postgres")]
    if let Some(url) = &config.postgres {
        return Ok(Channels::new(PostgresBroker::connect(url).await?));
    }
    Ok(match &config.redis {
        Some(url) => Channels::new(RedisBroker::new(url.as_str())?),
        None => Channels::new(MemoryBroker::new()),
    })
}

/// Returns the store of rate limits and run-once outcomes, likewise.
///
/// # Errors
///
/// Returns an error in the same cases as [`channels`].
pub async fn store(config: &Config) -> anyhow::Result<Arc<dyn SharedStore>> {
    check(config)?;
    #[cfg(feature = "postgres")]
    if let Some(url) = &config.postgres {
        return Ok(Arc::new(PostgresSharedStore::connect(url).await?));
    }
    Ok(match &config.redis {
        Some(url) => Arc::new(RedisSharedStore::new(url)?),
        None => Arc::new(MemorySharedStore::new()),
    })
}

fn check(config: &Config) -> anyhow::Result<()> {
    anyhow::ensure!(
        config.postgres.is_none() || config.redis.is_none(),
        "set either `redis` or `postgres`"
    );
    anyhow::ensure!(
        config.postgres.is_none() || cfg!(feature = "postgres"),
        "`postgres` needs a program with the feature `postgres`"
    );
    Ok(())
}
