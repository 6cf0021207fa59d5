//! The render of one component.

use std::fmt;
use std::future::{self, Future};
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use bytes::Bytes;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument as _, Span};

use super::Renderer;
use super::props;
use super::stream::RenderStream;
use crate::error::{RenderError, RenderErrorKind};
use crate::function_calls::{self, CallFunction, CallRunner, PlannedCall};
use crate::observation::RenderObserver;
use crate::output::Rendered;
use crate::pool::{CALLER_LIMIT, INTERRUPT_DELAY, Job, JobDeadline, JobOutput, Submitted};

/// A render in preparation, created by [`Renderer::component`].
///
/// ```no_run
/// use bytes::Bytes;
/// use mizan_ssr::renderer::Rendered;
/// use mizan_ssr::{RenderError, Renderer};
///
/// async fn hello(renderer: &Renderer) -> Result<Rendered, RenderError> {
///     renderer
///         .component("components/Hello.tsx")
///         .props(&serde_json::json!({ "name": "World" }))
///         .functions(|name, _input| async move {
///             match name.as_str() {
///                 "unread" => Ok(Bytes::from_static(b"3")),
///                 _ => Err(Bytes::from_static(br#"{"status":404}"#)),
///             }
///         })
///         .render()
///         .await
/// }
/// ```
#[must_use = "a component is rendered by `render` or `stream`"]
pub struct Component<'a> {
    renderer: &'a Renderer,
    path: &'a str,
    props: Result<String, RenderError>,
    functions: Option<CallFunction>,
    prefetched: Vec<PlannedCall>,
    nonce: Option<String>,
}

impl Renderer {
    /// Prepares a render of the default export of the file `path`.
    ///
    /// The path is relative to a component directory, uses `/` as the separator, and cannot lead out of
    /// the directory.
    pub fn component<'a>(&'a self, path: &'a str) -> Component<'a> {
        Component {
            renderer: self,
            path,
            props: Ok("{}".into()),
            functions: None,
            prefetched: Vec::new(),
            nonce: None,
        }
    }

    /// Renders the default export of the file `path` with `props`, and waits for suspended parts.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Component::render`].
    pub async fn render(
        &self,
        path: &str,
        props: &(impl Serialize + ?Sized),
    ) -> Result<Rendered, RenderError> {
        self.component(path).props(props).render().await
    }

    /// Renders like [`render`](Self::render), and blocks the calling thread.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Component::render`].
    ///
    /// # Panics
    ///
    /// Panics in an asynchronous context, where blocking would stop other tasks.
    pub fn render_blocking(
        &self,
        path: &str,
        props: &(impl Serialize + ?Sized),
    ) -> Result<Rendered, RenderError> {
        let (reply, result) = oneshot::channel();
        let component = self.component(path).props(props);
        let (job, _) = component.into_job(false, false)?;
        job.deadline
            .set_output(JobOutput::Whole(Mutex::new(Some(reply))));
        self.pool().enqueue(job)?;
        result
            .blocking_recv()
            .unwrap_or_else(|_| Err(worker_ended()))
    }

    /// Renders like [`render`](Self::render), and returns a stream once the shell is rendered.
    ///
    /// The shell is everything except the content of suspended `<Suspense>` boundaries.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Component::stream`].
    pub async fn render_stream(
        &self,
        path: &str,
        props: &(impl Serialize + ?Sized),
    ) -> Result<RenderStream, RenderError> {
        self.component(path).props(props).stream().await
    }
}

impl Component<'_> {
    /// Sets the props: any value that serializes to a JSON object.
    ///
    /// Rendering fails if the props contain an integer beyond ±(2<sup>53</sup> − 1), which JavaScript would
    /// round, NaN or infinity. Send such an integer as text, or as the output of a server function.
    pub fn props(mut self, props: &(impl Serialize + ?Sized)) -> Self {
        self.props = props::encode(props)
            .map_err(|reason| RenderError::from(RenderErrorKind::InvalidProps(reason)));
        self
    }

    /// Sets the props to a JSON object.
    pub(crate) fn props_json(mut self, object: String) -> Self {
        self.props = Ok(object);
        self
    }

    /// Sets the function that runs the component's calls of server functions.
    ///
    /// `call` receives the name of a function and its input as JSON, which is empty for a function
    /// without input. It returns the output as JSON, or problem details (RFC 9457) as the server sends
    /// them. `call` also determines on behalf of which user the functions run; `Caller` of mizan-http
    /// uses the user of a request.
    ///
    /// The calls run on the current tokio runtime. They are cancelled when the render ends or its
    /// result is dropped.
    pub fn functions<C, F>(mut self, call: C) -> Self
    where
        C: Fn(String, Bytes) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Bytes, Bytes>> + Send + 'static,
    {
        self.functions = Some(function_calls::boxed(call));
        self
    }

    /// Sets the function of [`functions`](Self::functions), for several renders of one response.
    pub(crate) fn shared_functions(mut self, call: Option<CallFunction>) -> Self {
        self.functions = call;
        self
    }

    /// Starts a call of the query `name` when the render starts, before a component asks for it.
    ///
    /// If a component calls the function with the same input, it receives the result of this call, and the function
    /// does not run again. Otherwise, the result is discarded: neither an output nor an error is part of the page. The
    /// call runs the current version of the function, and needs [`functions`](Self::functions).
    ///
    /// `input` serializes to the JSON that the generated client sends; `&()` is a call without input. An input that
    /// cannot be serialized is logged and not prefetched.
    ///
    /// ```no_run
    /// use mizan_ssr::renderer::Component;
    /// use serde::Serialize;
    ///
    /// #[derive(Serialize)]
    /// struct PostInput {
    ///     id: u64,
    /// }
    ///
    /// fn post(component: Component<'_>, id: u64) -> Component<'_> {
    ///     component
    ///         .prefetch("current_user", &())
    ///         .prefetch("post", &PostInput { id })
    /// }
    /// ```
    ///
    /// Calls that the last render of the component made one after the other are started without a declaration, if
    /// they have no input or an input that consists of props; see
    /// [`RendererBuilder::prefetch_observed_calls`](crate::renderer::RendererBuilder::prefetch_observed_calls).
    pub fn prefetch(mut self, name: &str, input: &(impl Serialize + ?Sized)) -> Self {
        match function_calls::encode_input(input) {
            Ok(input) => self.prefetched.push(PlannedCall {
                name: name.to_owned(),
                input,
            }),
            Err(error) => {
                tracing::error!(function = name, %error, "cannot serialize the input of a prefetched call");
            }
        }
        self
    }

    /// Sets the nonce of React's inline scripts and of `<style>` elements that components render, for
    /// pages with a content security policy.
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// Renders the component and waits for suspended parts.
    ///
    /// # Errors
    ///
    /// Returns [`RenderError`] if the component cannot be rendered. Later renders are not affected.
    pub async fn render(self) -> Result<Rendered, RenderError> {
        let observer = RenderObserver::start(self.path);
        let result = self.render_whole().instrument(observer.span.clone()).await;
        observer.finish(&result);
        result
    }

    async fn render_whole(self) -> Result<Rendered, RenderError> {
        let mut result = None;
        let submitted = self
            .submit(false, &mut || {
                let (reply, receiver) = oneshot::channel();
                result = Some(receiver);
                JobOutput::Whole(Mutex::new(Some(reply)))
            })
            .await?;
        match (submitted, result) {
            (Submitted::Whole(rendered), _) => Ok(rendered),
            (Submitted::InPool(_task), Some(result)) => {
                result.await.unwrap_or_else(|_| Err(worker_ended()))
            }
            _ => Err(worker_ended()),
        }
    }

    /// Renders the component and returns a stream once the shell is rendered.
    ///
    /// The shell is everything except the content of suspended `<Suspense>` boundaries.
    ///
    /// # Errors
    ///
    /// Returns [`RenderError`] if the shell cannot be rendered. The caller can then still send an error
    /// page.
    pub async fn stream(self) -> Result<RenderStream, RenderError> {
        let observer = RenderObserver::start(self.path);
        let result = self.render_shell().instrument(observer.span.clone()).await;
        observer.finish(&result);
        result
    }

    async fn render_shell(self) -> Result<RenderStream, RenderError> {
        let mut chunks = None;
        let submitted = self
            .submit(true, &mut || {
                let (sender, receiver) = mpsc::unbounded_channel();
                chunks = Some(receiver);
                JobOutput::Stream(sender)
            })
            .await?;
        match (submitted, chunks) {
            (Submitted::Stream(chunks), _) => RenderStream::complete(chunks),
            (Submitted::InPool(task), Some(mut chunks)) => {
                let shell = chunks.recv().await.unwrap_or_else(|| Err(worker_ended()))?;
                Ok(RenderStream::new(shell, chunks, task))
            }
            _ => Err(worker_ended()),
        }
    }

    /// Starts the render, on the current thread if it is expected to be short.
    async fn submit(
        mut self,
        is_stream: bool,
        connect: &mut (dyn FnMut() -> JobOutput + Send),
    ) -> Result<Submitted, RenderError> {
        let pool = Arc::clone(self.renderer.pool());
        let runner = self.functions.take().map(CallRunner::new);
        let mut planned = std::mem::take(&mut self.prefetched);
        let (job, on_caller) = self.into_job(is_stream, true)?;
        if runner.is_some() && pool.settings.prefetch_observed_calls {
            planned.extend(job.component.observed_calls.plan(job.props()));
        }
        let mut request = Some((job, runner, planned));
        future::poll_fn(|cx| {
            let Some((job, mut runner, planned)) = request.take() else {
                return Poll::Ready(Err(worker_ended()));
            };
            if let Some(runner) = &mut runner
                && !planned.is_empty()
            {
                runner.prefetch(planned, cx);
            }
            Poll::Ready(pool.submit(job, runner, on_caller, cx, connect))
        })
        .await
    }

    /// Returns the job, and whether the current thread may execute it.
    fn into_job(self, is_stream: bool, may_run_here: bool) -> Result<(Job, bool), RenderError> {
        let pool = self.renderer.pool();
        let now = Instant::now();
        pool.replenish(now);
        let timeout = pool.settings.deadline;
        let at = now + timeout;
        let component = self.renderer.find_component(self.path)?;
        let arguments = Job::arguments(self.props?, is_stream, self.nonce);
        let on_caller = may_run_here && pool.may_render_on_caller(&component);
        let deadline = Arc::new(JobDeadline::new(self.path.into(), timeout, at));
        let watched = Arc::clone(&deadline);
        let mut first_deadline = at + INTERRUPT_DELAY;
        if on_caller {
            first_deadline = first_deadline.min(now + CALLER_LIMIT);
        }
        let job = Job {
            component,
            arguments,
            calls: None,
            span: Span::current(),
            _watch: pool.watchdog.watch(first_deadline, watched),
            deadline,
        };
        Ok((job, on_caller))
    }
}

fn worker_ended() -> RenderError {
    RenderErrorKind::Engine("the render thread ended before the render was complete".into()).into()
}

impl fmt::Debug for Component<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
