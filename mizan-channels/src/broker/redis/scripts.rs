use redis::Script;

/// What happens in Redis, each in one step.
pub(super) struct Scripts {
    pub(super) publish: Script,
    pub(super) sync: Script,
    pub(super) presence: Script,
    pub(super) claim: Script,
}

const LOG: &str = include_str!("log.lua");

impl Scripts {
    pub(super) fn new() -> Self {
        let script = |text: &str| Script::new(&format!("{LOG}{text}"));
        Self {
            publish: script(include_str!("publish.lua")),
            sync: script(include_str!("sync.lua")),
            presence: script(include_str!("presence.lua")),
            claim: script(include_str!("claim.lua")),
        }
    }
}
