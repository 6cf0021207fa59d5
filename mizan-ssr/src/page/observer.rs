//! The observation of one page while it is rendered for an export.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use serde::Deserialize;

use crate::function_calls::CallFunction;

/// An extension of the request for a page that is exported. [`Page`](super::Page) records in it.
#[derive(Clone, Default)]
pub(crate) struct PageObserver {
    observed: Arc<Mutex<Observed>>,
}

#[derive(Default)]
struct Observed {
    /// The component of the page that answers the request.
    component: Option<String>,
    /// The reason for which the page cannot be a file.
    problem: Option<String>,
}

impl PageObserver {
    /// Records that the page of the component at `path` answers the request.
    pub(crate) fn record_page(&self, path: &str) {
        self.observed.lock().component = Some(path.to_owned());
    }

    /// Records a reason for which the page cannot be a file. The first one counts.
    pub(crate) fn record_problem(&self, problem: impl Into<String>) {
        let mut observed = self.observed.lock();
        observed.problem.get_or_insert_with(|| problem.into());
    }

    /// Returns a function that records the errors of `call`.
    pub(crate) fn observe(&self, call: CallFunction) -> CallFunction {
        let observer = self.clone();
        Arc::new(move |name, input| {
            let (observer, call) = (observer.clone(), Arc::clone(&call));
            Box::pin(async move {
                let function = name.split('?').next().unwrap_or_default().to_owned();
                let result = call(name, input).await;
                if let Err(problem) = &result {
                    observer.record_problem(describe(&function, problem));
                }
                result
            })
        })
    }

    /// Returns whether a page answered the request.
    pub(crate) fn is_page(&self) -> bool {
        self.observed.lock().component.is_some()
    }

    /// Returns the reason for which the response cannot be a file, with the path of the component.
    pub(crate) fn problem(&self) -> Option<String> {
        let observed = self.observed.lock();
        let problem = observed.problem.as_ref()?;
        Some(match &observed.component {
            Some(component) => format!("in {component}, {problem}"),
            None => problem.clone(),
        })
    }
}

/// The members of problem details that a message needs.
#[derive(Deserialize)]
struct Problem {
    status: u16,
    title: Option<String>,
}

fn describe(function: &str, problem: &Bytes) -> String {
    match serde_json::from_slice(problem) {
        Ok(Problem {
            status: 401 | 403, ..
        }) => format!("the function `{function}` needs a user"),
        Ok(Problem { status, title }) => {
            let title = title.unwrap_or_default();
            format!("the function `{function}` failed with status {status} {title}")
        }
        Err(_) => format!("the function `{function}` failed"),
    }
}
