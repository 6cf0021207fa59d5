use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use crate::dispatch::{Function, run};
use crate::state::State;
use crate::{CallError, Cx, FormEntry, Manifest, Principal, RequestHead, ServerFunction};

/// An application at work: finds functions by name and calls them. Cloning is cheap.
///
/// Every call, whether it came over HTTP, from a test or from another function, goes through the
/// same steps in the same order: policy, decoding, validation, `authorize`, the function.
///
/// ```
/// use mizan_core::{Error, Identity, Principal, Registry, client};
///
/// #[client(auth = "staff")]
/// async fn report() -> Result<String, Error> {
///     Ok("all is well".to_owned())
/// }
///
/// # futures_util::FutureExt::now_or_never(async {
/// let app = Registry::new().function::<Report>().build()?;
/// let report = app.call_as(Identity::new("1").staff(), Report {}).await;
/// assert_eq!(report.unwrap(), "all is well");
/// let refused = app.call_as(Principal::anonymous(), Report {}).await.unwrap_err();
/// assert_eq!(refused.code(), "unauthenticated");
/// # Ok::<(), mizan_core::BuildError>(())
/// # }).unwrap().unwrap();
/// ```
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    functions: HashMap<&'static str, Function>,
    forms: HashMap<&'static str, FormEntry>,
    state: State,
    manifest: Manifest,
}

impl App {
    pub(crate) fn new(
        functions: HashMap<&'static str, Function>,
        forms: HashMap<&'static str, FormEntry>,
        state: State,
        manifest: Manifest,
    ) -> Self {
        Self(Arc::new(Inner {
            functions,
            forms,
            state,
            manifest,
        }))
    }

    /// The function that clients call by this name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.0.functions.get(name)
    }

    /// The form of this name.
    #[must_use]
    pub fn form(&self, name: &str) -> Option<&FormEntry> {
        self.0.forms.get(name)
    }

    /// What the application offers, as the generator reads it.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// The application state of the type `T`, if there is any.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.state.get()
    }

    /// Calls a function with values, without HTTP, as `principal`: what tests do.
    ///
    /// # Errors
    ///
    /// [`CallError::Refused`] when the policy, the validation or `authorize` stops the call, and
    /// [`CallError::Failed`] with what the function returned.
    pub async fn call_as<F: ServerFunction>(
        &self,
        principal: impl Into<Principal>,
        input: F,
    ) -> Result<F::Output, CallError<F::Error>> {
        let head = Arc::new(RequestHead::empty());
        self.call(&Cx::new(self.clone(), principal.into(), head), input)
            .await
    }

    /// Calls a function with values in a context that there is already, such as that of another
    /// function.
    ///
    /// # Errors
    ///
    /// As for [`call_as`](Self::call_as).
    pub async fn call<F: ServerFunction>(
        &self,
        cx: &Cx,
        input: F,
    ) -> Result<F::Output, CallError<F::Error>> {
        run(cx, || Ok(input)).await
    }
}

/// The functions' names and the types of the state.
impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions: BTreeSet<_> = self.0.functions.keys().collect();
        f.debug_struct("App")
            .field("functions", &functions)
            .field("state", &self.0.state)
            .finish()
    }
}
