//! Who is present, as Redis knows it.

use std::time::Duration;

use super::{Shared, millis};
use crate::broker::presence::presence_of;
use crate::broker::{BrokerError, Retention, random_id};

/// How long a connection is present without being confirmed.
pub(super) const LAPSE: Duration = Duration::from_secs(35);

impl Shared {
    pub(super) async fn presence(
        &self,
        what: &str,
        group: &str,
        args: &[&[u8]],
    ) -> Result<(String, u64, Vec<Vec<u8>>), BrokerError> {
        let link = self.link().await?;
        let log = presence_of(group);
        let Retention { messages, age } = Retention::default();
        let mut invocation = self.scripts.presence.prepare_invoke();
        invocation
            .key(self.key("m", &log))
            .key(self.key("s", &log))
            .key(self.key("pl", group))
            .key(self.key("px", group))
            .key(self.key("pi", group))
            .arg(what)
            .arg(self.channel(&log))
            .arg(random_id())
            .arg(messages)
            .arg(millis(age));
        for arg in args {
            invocation.arg(*arg);
        }
        self.run(&link, &invocation).await
    }

    pub(super) async fn confirm(
        &self,
        group: &str,
        connection: &str,
        id: &str,
        info: &[u8],
    ) -> Result<(), BrokerError> {
        let lapse = millis(LAPSE).to_string();
        let args = [id.as_bytes(), connection.as_bytes(), info, lapse.as_bytes()];
        self.presence("enter", group, &args).await.map(|_| ())
    }

    /// Takes out those who have lapsed, some at a time.
    pub(super) async fn sweep(&self, group: &str) {
        let lapse = millis(LAPSE).to_string();
        let args = [lapse.as_bytes()];
        while let Ok((_, 1.., _)) = self.presence("sweep", group, &args).await {}
    }

    pub(super) async fn part_with(
        &self,
        group: &str,
        connection: &str,
        id: &str,
    ) -> Result<(), BrokerError> {
        let args = [id.as_bytes(), connection.as_bytes()];
        self.presence("leave", group, &args).await.map(|_| ())
    }
}
