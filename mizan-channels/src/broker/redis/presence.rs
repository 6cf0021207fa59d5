//! Who is present, as Redis knows it.

use std::time::Duration;

use super::{Shared, millis};
use crate::broker::presence::presence_of;
use crate::broker::{BrokerError, Retention, new_epoch};

/// How long a connection is present without being confirmed.
const LAPSE: Duration = Duration::from_secs(35);

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
            .key(self.key("c", group))
            .key(self.key("x", group))
            .key(self.key("n", group))
            .key(self.key("i", group))
            .arg(what)
            .arg(self.channel(&log))
            .arg(&*link.generation)
            .arg(new_epoch())
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
        let args = [connection.as_bytes(), id.as_bytes(), info, lapse.as_bytes()];
        self.presence("enter", group, &args).await.map(|_| ())
    }
}
