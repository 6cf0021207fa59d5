//! Presence in Redis.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::state::{MAX_CONCURRENT_SCRIPTS, RedisState, millis};
use crate::broker::error::BrokerError;
use crate::broker::log::Cursor;
use crate::broker::presence::{members_message, presence_log};
use crate::broker::publication::Retention;
use crate::random_id::random_id;

/// The time after which a connection that its server does not confirm expires.
const PRESENCE_TTL: Duration = Duration::from_secs(35);

impl RedisState {
    async fn run_presence_script(
        &self,
        operation: &str,
        group: &str,
        args: &[&[u8]],
    ) -> Result<(String, u64, Vec<Vec<u8>>), BrokerError> {
        let connection = self.connection().await?;
        let log = presence_log(group);
        let Retention { messages, age } = Retention::default();
        let mut invocation = self.scripts.presence.prepare_invoke();
        invocation
            .key(self.key("m", &log))
            .key(self.key("s", &log))
            .key(self.key("pl", group))
            .key(self.key("px", group))
            .key(self.key("pi", group))
            .arg(operation)
            .arg(self.pubsub_channel(&log))
            .arg(random_id())
            .arg(messages)
            .arg(millis(age));
        for arg in args {
            invocation.arg(*arg);
        }
        self.run(&connection, &invocation).await
    }

    /// Adds a connection, or extends its expiry.
    pub(super) async fn confirm_presence(
        &self,
        group: &str,
        connection: &str,
        id: &str,
        info: &[u8],
    ) -> Result<(), BrokerError> {
        let ttl = millis(PRESENCE_TTL).to_string();
        let args = [id.as_bytes(), connection.as_bytes(), info, ttl.as_bytes()];
        let entered = self.run_presence_script("enter", group, &args);
        entered.await.map(|_| ())
    }

    pub(super) async fn remove_presence(
        &self,
        group: &str,
        connection: &str,
        id: &str,
    ) -> Result<(), BrokerError> {
        let args = [id.as_bytes(), connection.as_bytes()];
        let left = self.run_presence_script("leave", group, &args);
        left.await.map(|_| ())
    }

    pub(super) async fn members(&self, group: &str) -> Result<(Cursor, Bytes), BrokerError> {
        let (epoch, offset, members) = self.run_presence_script("members", group, &[]).await?;
        let mut members: Vec<_> = members
            .chunks_exact(2)
            .map(|pair| (String::from_utf8_lossy(&pair[0]), &pair[1][..]))
            .collect();
        members.sort();
        let members = members.iter().map(|(id, info)| (&**id, *info));
        Ok((Cursor::new(epoch, offset), members_message(members)))
    }

    /// Confirms the connections of this server, and removes the expired connections of their groups.
    pub(super) async fn maintain_presence(&self) {
        let presence = self.presence.lock().clone();
        let groups: HashSet<_> = presence.keys().map(|(group, _)| group.clone()).collect();
        stream::iter(presence)
            .for_each_concurrent(MAX_CONCURRENT_SCRIPTS, |(key, (id, info))| async move {
                // A connection that has left meanwhile must not be added again.
                if self.presence.lock().contains_key(&key) {
                    let (group, connection) = &key;
                    let _ = self.confirm_presence(group, connection, &id, &info).await;
                    if !self.presence.lock().contains_key(&key) {
                        let _ = self.remove_presence(group, connection, &id).await;
                    }
                }
            })
            .await;
        for group in groups {
            self.remove_expired_presence(&group).await;
        }
    }

    /// Removes expired connections, in batches.
    async fn remove_expired_presence(&self, group: &str) {
        let ttl = millis(PRESENCE_TTL).to_string();
        let args = [ttl.as_bytes()];
        while let Ok((_, 1.., _)) = self.run_presence_script("sweep", group, &args).await {}
    }
}
