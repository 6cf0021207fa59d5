//! The Lua scripts, each of which runs atomically in Redis.

use redis::Script;

pub(super) struct Scripts {
    pub(super) publish: Script,
    pub(super) gap_fill: Script,
    pub(super) presence: Script,
}

const LOG: &str = include_str!("log.lua");

impl Scripts {
    pub(super) fn new() -> Self {
        let script = |text: &str| Script::new(&format!("{LOG}{text}"));
        Self {
            publish: script(include_str!("publish.lua")),
            gap_fill: script(include_str!("gap_fill.lua")),
            presence: script(include_str!("presence.lua")),
        }
    }
}
