//! Everything that the parts of a document share.

use serde_json::{Map, Value};

use super::frame::Frames;
use crate::schema::Components;

/// The parts of a document.
pub(super) struct Parts {
    pub(super) components: Components,
    pub(super) frames: Frames,
    pub(super) channels: Map<String, Value>,
    pub(super) operations: Map<String, Value>,
}

impl Parts {
    pub(super) fn new(manifest: &Value) -> Self {
        Self {
            components: Components::new(manifest),
            frames: Frames::default(),
            channels: Map::new(),
            operations: Map::new(),
        }
    }
}
