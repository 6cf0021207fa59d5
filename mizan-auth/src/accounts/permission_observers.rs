//! The functions that are notified of changed access rights.

use parking_lot::RwLock;

/// The functions that are called with the id of a user whose access rights have changed.
#[derive(Default)]
pub(super) struct PermissionObservers(RwLock<Vec<Box<Observer>>>);

type Observer = dyn Fn(&str) + Send + Sync;

impl PermissionObservers {
    pub(super) fn add(&self, observer: impl Fn(&str) + Send + Sync + 'static) {
        self.0.write().push(Box::new(observer));
    }

    pub(super) fn notify(&self, user: &str) {
        for observer in &*self.0.read() {
            observer(user);
        }
    }
}
