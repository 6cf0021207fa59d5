//! Functions of the server that components call while they render.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// What runs a function: its name and its input as JSON in, its output or its problem out.
pub(crate) type CallFunction =
    Arc<dyn Fn(String, Bytes) -> BoxFuture<'static, Result<Bytes, Bytes>> + Send + Sync>;

/// More calls in one render are refused, so that a component in a loop cannot flood the server.
const MOST: usize = 1_000;

/// The problem of a function that panicked (RFC 9457).
const PANICKED: &str = r#"{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"something went wrong on the server","code":"internal"}"#;

struct Call {
    id: u32,
    name: String,
    input: Bytes,
}

/// How a call went: the output, or the problem, as JSON.
pub(crate) struct Answer {
    pub(crate) id: u32,
    pub(crate) result: Result<Bytes, Bytes>,
}

/// A call and its answer, for the browser that is not to ask again.
struct Answered {
    name: String,
    input: Bytes,
    result: Result<Bytes, Bytes>,
}

/// The thread's end of a render's calls.
pub(crate) struct Calls {
    calls: mpsc::UnboundedSender<Call>,
    answers: crossbeam_channel::Receiver<Answer>,
    open: HashMap<u32, (String, Bytes)>,
    made: usize,
    /// Those that the page does not hold yet.
    answered: Vec<Answered>,
}

/// Why a call was not made.
pub(crate) struct TooManyCalls;

/// Runs the calls of one render in a task of the runtime, which ends with the handle.
///
/// A task of its own: were the calls run by whoever reads the markup, a slow reader would hold up the
/// thread that renders.
pub(crate) fn spawn(functions: CallFunction) -> (Calls, AbortOnDropHandle<()>) {
    let (calls, mut asked) = mpsc::unbounded_channel::<Call>();
    let (answer, answers) = crossbeam_channel::unbounded();
    let task = tokio::spawn(async move {
        let mut running = FuturesUnordered::new();
        loop {
            let (id, result) = tokio::select! {
                Some(done) = running.next() => done,
                call = asked.recv() => {
                    let Some(Call { id, name, input }) = call else { return };
                    let functions = Arc::clone(&functions);
                    running.push(async move {
                        let call = AssertUnwindSafe(async { functions(name.clone(), input).await });
                        let result = call.catch_unwind().await.unwrap_or_else(|_| {
                            // The panic itself was printed.
                            tracing::error!(function = name, "a function panicked while a page was rendered");
                            Err(Bytes::from_static(PANICKED.as_bytes()))
                        });
                        (id, result)
                    });
                    continue;
                }
            };
            // The render may have ended meanwhile.
            let _ = answer.send(Answer { id, result });
        }
    });
    let calls = Calls {
        calls,
        answers,
        open: HashMap::new(),
        made: 0,
        answered: Vec::new(),
    };
    (calls, AbortOnDropHandle::new(task))
}

/// Makes a [`CallFunction`] of a function that returns a future.
pub(crate) fn boxed<C, F>(call: C) -> CallFunction
where
    C: Fn(String, Bytes) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Bytes, Bytes>> + Send + 'static,
{
    Arc::new(move |name, input| Box::pin(call(name, input)))
}

impl Calls {
    /// Makes a call, whose answer comes under the returned id.
    pub(crate) fn make(&mut self, name: String, input: Bytes) -> Result<u32, TooManyCalls> {
        if self.made == MOST {
            return Err(TooManyCalls);
        }
        self.made += 1;
        let id = u32::try_from(self.made).map_err(|_| TooManyCalls)?;
        self.open.insert(id, (name.clone(), input.clone()));
        // Where nobody answers any more the render ends by itself.
        let _ = self.calls.send(Call { id, name, input });
        Ok(id)
    }

    /// Where answers come in, while one is awaited.
    pub(crate) fn awaited(&self) -> Option<&crossbeam_channel::Receiver<Answer>> {
        (!self.open.is_empty()).then_some(&self.answers)
    }

    /// Notes an answer for the page.
    pub(crate) fn note(&mut self, answer: &Answer) {
        if let Some((name, input)) = self.open.remove(&answer.id) {
            self.answered.push(Answered {
                name,
                input,
                result: answer.result.clone(),
            });
        }
    }

    /// The answers since the last time, as an element that a browser does not run; empty where there
    /// are none.
    pub(crate) fn take_element(&mut self) -> String {
        if self.answered.is_empty() {
            return String::new();
        }
        let mut element = String::from("<script type=\"application/json\" data-mizan-answers>[");
        for (at, answered) in self.answered.drain(..).enumerate() {
            if at > 0 {
                element.push(',');
            }
            element.push_str("{\"name\":");
            push_inert(
                &mut element,
                &serde_json::Value::from(answered.name).to_string(),
            );
            if !answered.input.is_empty() {
                element.push_str(",\"input\":");
                push_inert(&mut element, &String::from_utf8_lossy(&answered.input));
            }
            let (key, json) = match &answered.result {
                Ok(output) => (",\"output\":", output),
                Err(problem) => (",\"problem\":", problem),
            };
            element.push_str(key);
            push_inert(&mut element, &String::from_utf8_lossy(json));
            element.push('}');
        }
        element.push_str("]</script>");
        element
    }
}

/// Appends JSON so that no HTML and no old JavaScript parser sees anything but text in it.
///
/// These characters stand only within strings of JSON, where their escapes mean the same.
pub(crate) fn push_inert(text: &mut String, json: &str) {
    let mut plain = 0;
    for (at, found) in json.match_indices(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        text.push_str(&json[plain..at]);
        text.push_str(match found {
            "<" => "\\u003c",
            ">" => "\\u003e",
            "&" => "\\u0026",
            "\u{2028}" => "\\u2028",
            _ => "\\u2029",
        });
        plain = at + found.len();
    }
    text.push_str(&json[plain..]);
}

#[cfg(test)]
mod tests {
    use super::push_inert;

    #[test]
    fn json_is_inert_and_means_the_same() {
        let value = serde_json::json!({ "</script>": "<!--&amp;\u{2028}\u{2029}-->", "é": "🎉" });
        let mut text = String::new();
        push_inert(&mut text, &value.to_string());
        assert!(
            !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']),
            "{text}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).ok(),
            Some(value)
        );
    }
}
