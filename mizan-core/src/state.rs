//! Application state by type.

use std::any::{Any, TypeId};
use std::fmt;

/// A type of application state, for [`required_state`](crate::ServerFunction::required_state).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateKey {
    id: TypeId,
    type_name: &'static str,
}

impl StateKey {
    /// Returns the key of the type `T`.
    #[must_use]
    pub fn of<T: 'static>() -> Self {
        Self {
            id: TypeId::of::<T>(),
            type_name: std::any::type_name::<T>(),
        }
    }

    pub(crate) fn type_name(self) -> &'static str {
        self.type_name
    }
}

/// A map with one value of each type. A list is fast enough, because applications have few types of
/// state.
#[derive(Default)]
pub(crate) struct StateMap(Vec<(StateKey, Box<dyn Any + Send + Sync>)>);

impl StateMap {
    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.find(StateKey::of::<T>())?.downcast_ref()
    }

    pub(crate) fn set(&mut self, key: StateKey, value: Box<dyn Any + Send + Sync>) {
        self.0.retain(|(known, _)| *known != key);
        self.0.push((key, value));
    }

    /// Adds the values of `other`, which replace values of the same type.
    pub(crate) fn merge(&mut self, other: Self) {
        for (key, value) in other.0 {
            self.set(key, value);
        }
    }

    pub(crate) fn contains(&self, key: StateKey) -> bool {
        self.find(key).is_some()
    }

    fn find(&self, key: StateKey) -> Option<&(dyn Any + Send + Sync)> {
        let (_, value) = self.0.iter().find(|(known, _)| *known == key)?;
        Some(&**value)
    }
}

/// Writes only the types, because values may be secrets.
impl fmt::Debug for StateMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types = self.0.iter().map(|(key, _)| key.type_name);
        f.debug_list().entries(types).finish()
    }
}
