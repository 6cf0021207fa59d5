//! Presence in PostgreSQL.
//!
//! The connections of a server expire together, unless the server reports every few seconds that it is alive. Each change
//! makes the database equal to the connections in memory, so that it can be repeated after an error.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use sqlx::Row;

use super::local_presence::{LocalConnection, PresenceKey};
use super::log_id::LogId;
use super::state::{PostgresState, decode_error, millis, position, signed};
use crate::broker::error::BrokerError;
use crate::broker::log::Cursor;
use crate::broker::presence::{join_message, leave_message, members_message, presence_log};
use crate::broker::publication::Retention;
use crate::random_id::random_id;

/// The time after which the connections of a server that does not report expire.
const PRESENCE_TTL: Duration = Duration::from_secs(35);

/// The maximum number of expired connections that are removed together.
const EXPIRED_BATCH: usize = 256;

/// The maximum number of statements that run concurrently in a bulk operation.
const MAX_CONCURRENT_STATEMENTS: usize = 4;

impl PostgresState {
    /// Adds a connection to the database if it is present, and removes it otherwise.
    pub(super) async fn sync_presence(&self, key: &PresenceKey) -> Result<(), BrokerError> {
        // An older change must not run after a newer one.
        let _lock = self.presence.lock(key).lock().await;
        let connection = self.presence.get(key);
        let synced = match connection {
            Some(connection) => self.add_presence(key, &connection).await,
            None => {
                let connections = vec![key.connection.clone()];
                self.remove_presence(key.log, connections, false).await
            }
        };
        if synced.is_err() {
            self.presence.reconcile();
        }
        synced
    }

    async fn add_presence(
        &self,
        key: &PresenceKey,
        LocalConnection { member, info }: &LocalConnection,
    ) -> Result<(), BrokerError> {
        let Retention { messages, age } = Retention::default();
        let entering = sqlx::query(self.statements.enter.sql())
            .bind(key.log.as_bytes().to_vec())
            .bind(random_id())
            .bind(self.presence.server().to_vec())
            .bind(millis(PRESENCE_TTL))
            .bind(key.connection.clone())
            .bind(member.as_bytes().to_vec())
            .bind(info.to_vec())
            .bind(join_message(member, info).to_vec())
            .bind(leave_message(member).to_vec())
            .bind(signed(messages as u64))
            .bind(millis(age));
        let entered = self.run(entering).await;
        self.announce(key.log);
        entered.map(drop)
    }

    async fn remove_presence(
        &self,
        log: LogId,
        connections: Vec<Vec<u8>>,
        only_expired: bool,
    ) -> Result<(), BrokerError> {
        let Retention { messages, age } = Retention::default();
        let leaving = sqlx::query(self.statements.leave.sql())
            .bind(log.as_bytes().to_vec())
            .bind(random_id())
            .bind(connections)
            .bind(only_expired)
            .bind(signed(messages as u64))
            .bind(millis(age));
        let left = self.run(leaving).await;
        self.announce(log);
        left.map(drop)
    }

    pub(super) async fn members(&self, group: &str) -> Result<(Cursor, Bytes), BrokerError> {
        self.check_connected().await?;
        let log = presence_log(group);
        let id = LogId::of(&log).as_bytes().to_vec();
        let select = || sqlx::query(self.statements.members.sql()).bind(id.clone());
        let mut rows = self.run(select()).await?;
        if rows.is_empty() {
            let opening = sqlx::query(self.statements.open.sql())
                .bind(id.clone())
                .bind(random_id())
                .bind(None::<String>)
                .bind(None::<i64>);
            self.run(opening).await?;
            rows = self.run(select()).await?;
        }
        let first = rows.first();
        let at = position(first.ok_or_else(|| BrokerError::new("the log was removed"))?)?;
        let mut members = Vec::new();
        for row in &rows {
            let id: Option<Vec<u8>> = row.try_get(2).map_err(decode_error)?;
            let info: Option<Vec<u8>> = row.try_get(3).map_err(decode_error)?;
            if let Some((id, info)) = id.zip(info) {
                members.push((String::from_utf8_lossy(&id).into_owned(), info));
            }
        }
        members.sort();
        let members = members.iter().map(|(id, info)| (&**id, &info[..]));
        Ok((Cursor::new(at.epoch, at.offset), members_message(members)))
    }

    /// Reports that this server is alive, repairs its connections, and removes those of servers that do not report.
    pub(super) async fn maintain_presence(&self) -> Result<(), BrokerError> {
        let heartbeat = sqlx::query(self.statements.heartbeat.sql())
            .bind(self.presence.server().to_vec())
            .bind(millis(PRESENCE_TTL));
        let rows = self.run(heartbeat).await?;
        let was_alive = rows.first().map(|row| row.try_get::<bool, _>(0));
        if !matches!(was_alive, Some(Ok(true))) {
            self.presence.reconcile();
        }
        if self.presence.is_reconcile_due() {
            self.reconcile_presence().await?;
        }
        self.remove_expired_presence().await
    }

    /// Adds the connections that the database lacks, and removes those that are not present any more.
    async fn reconcile_presence(&self) -> Result<(), BrokerError> {
        let listing = sqlx::query(self.statements.connections.sql());
        let rows = self
            .run(listing.bind(self.presence.server().to_vec()))
            .await?;
        let stored = rows.iter().map(presence_key);
        let stored: HashSet<_> = stored.collect::<Result<_, _>>()?;
        let present: HashSet<_> = self.presence.keys();
        let different = stored.symmetric_difference(&present);
        stream::iter(different)
            .for_each_concurrent(MAX_CONCURRENT_STATEMENTS, |key| async move {
                // An error is repaired by the next maintenance.
                let _ = self.sync_presence(key).await;
            })
            .await;
        Ok(())
    }

    async fn remove_expired_presence(&self) -> Result<(), BrokerError> {
        loop {
            let listing = sqlx::query(self.statements.expired_connections.sql());
            let rows = self.run(listing.bind(signed(EXPIRED_BATCH as u64))).await?;
            let mut connections: HashMap<_, Vec<_>> = HashMap::new();
            for row in &rows {
                let PresenceKey { log, connection } = presence_key(row)?;
                connections.entry(log).or_default().push(connection);
            }
            for (log, connections) in connections {
                self.remove_presence(log, connections, true).await?;
            }
            if rows.len() < EXPIRED_BATCH {
                return Ok(());
            }
        }
    }
}

/// Returns the connection in a row of a log and a connection.
fn presence_key(row: &sqlx::postgres::PgRow) -> Result<PresenceKey, BrokerError> {
    let log: Vec<u8> = row.try_get(0).map_err(decode_error)?;
    let connection = row.try_get(1).map_err(decode_error)?;
    let log = LogId::from_bytes(&log).ok_or_else(|| BrokerError::new("invalid id of a log"))?;
    Ok(PresenceKey { log, connection })
}
