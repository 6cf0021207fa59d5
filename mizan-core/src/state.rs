use std::any::{Any, TypeId};
use std::fmt;

/// A type of application state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateKey {
    id: TypeId,
    type_name: &'static str,
}

impl StateKey {
    /// The key of state of the type `T`.
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

/// One value of each type. Searched from the front: applications have a handful.
#[derive(Default)]
pub(crate) struct State(Vec<(StateKey, Box<dyn Any + Send + Sync>)>);

impl State {
    pub(crate) fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.find(StateKey::of::<T>())?.downcast_ref()
    }

    pub(crate) fn set(&mut self, key: StateKey, value: Box<dyn Any + Send + Sync>) {
        self.0.retain(|(known, _)| *known != key);
        self.0.push((key, value));
    }

    /// Takes over the values of `other`, also where this has one of the type.
    pub(crate) fn merge(&mut self, other: Self) {
        for (key, value) in other.0 {
            self.set(key, value);
        }
    }

    pub(crate) fn find(&self, key: StateKey) -> Option<&(dyn Any + Send + Sync)> {
        let (_, value) = self.0.iter().find(|(known, _)| *known == key)?;
        Some(&**value)
    }
}

/// The types alone: values may be secrets.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types = self.0.iter().map(|(key, _)| key.type_name);
        f.debug_list().entries(types).finish()
    }
}
