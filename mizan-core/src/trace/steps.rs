//! The steps of a call, each with a span and its duration.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pin_project_lite::pin_project;
use tracing::Span;

/// A step of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The policy of the function.
    Policy,
    /// The limits of the function: those of the caller, and those of the input.
    Limit,
    /// The decoding of the input.
    Decode,
    /// The constraints on the input.
    Validate,
    /// The check that receives the input.
    Authorize,
    /// The function itself.
    Run,
}

impl Step {
    /// All steps, in the order in which a call performs them.
    ///
    /// The limits by the values of the input are checked after it is decoded.
    pub const ALL: [Self; 6] = [
        Self::Policy,
        Self::Limit,
        Self::Decode,
        Self::Validate,
        Self::Authorize,
        Self::Run,
    ];

    /// Returns the name of the span, which is also the name in `Server-Timing`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Limit => "limit",
            Self::Decode => "decode",
            Self::Validate => "validate",
            Self::Authorize => "authorize",
            Self::Run => "run",
        }
    }

    fn span(self) -> Span {
        macro_rules! span {
            ($name:literal) => {
                tracing::debug_span!(target: "mizan::call", $name)
            };
        }
        match self {
            Self::Policy => span!("policy"),
            Self::Limit => span!("limit"),
            Self::Decode => span!("decode"),
            Self::Validate => span!("validate"),
            Self::Authorize => span!("authorize"),
            Self::Run => span!("run"),
        }
    }
}

/// The durations of the steps of a call. A step that did not begin, or was dropped, has none.
#[derive(Clone, Copy, Default)]
pub struct CallTimings {
    durations: [Option<Duration>; Step::ALL.len()],
    last: Option<Step>,
}

impl CallTimings {
    /// Returns the duration of a step that completed.
    #[must_use]
    pub fn get(&self, step: Step) -> Option<Duration> {
        self.durations[step as usize]
    }

    /// Returns the step that completed last: for a call that failed, the step that rejected it.
    #[must_use]
    pub fn last(&self) -> Option<Step> {
        self.last
    }

    /// Returns the completed steps in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Step, Duration)> + '_ {
        let steps = Step::ALL.into_iter().zip(self.durations);
        steps.filter_map(|(step, duration)| Some((step, duration?)))
    }
}

impl fmt::Debug for CallTimings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.iter();
        f.debug_map()
            .entries(steps.map(|(step, duration)| (step.as_str(), duration)))
            .finish()
    }
}

/// Measures the steps of a call, or does nothing. Boxed, so that calls without measurements stay small.
pub(crate) struct StepRecorder(Option<Box<Mutex<CallTimings>>>);

impl StepRecorder {
    /// Creates a recorder that is active if the spans of steps are enabled, or if `wants_timings` is true.
    pub(super) fn new(wants_timings: bool) -> Self {
        let is_active =
            wants_timings || tracing::enabled!(target: "mizan::call", tracing::Level::DEBUG);
        Self(is_active.then(Box::default))
    }

    pub(super) fn timings(&self) -> Option<Box<CallTimings>> {
        let timings = self.0.as_ref()?;
        Some(Box::new(*timings.lock()))
    }

    /// Measures a step without I/O.
    pub(crate) fn time<T>(&self, step: Step, run: impl FnOnce() -> T) -> T {
        if self.0.is_none() {
            return run();
        }
        let started = Instant::now();
        let result = step.span().in_scope(run);
        self.record(step, started);
        result
    }

    /// Measures an asynchronous step.
    pub(crate) fn time_async<F: Future>(&self, step: Step, future: F) -> TimedStep<'_, F> {
        TimedStep {
            future,
            step,
            measurement: None,
            recorder: self,
        }
    }

    fn record(&self, step: Step, started: Instant) {
        if let Some(timings) = &self.0 {
            let mut timings = timings.lock();
            let duration = &mut timings.durations[step as usize];
            *duration = Some(duration.unwrap_or_default() + started.elapsed());
            timings.last = Some(step);
        }
    }
}

pin_project! {
    /// A future whose duration is recorded.
    pub(crate) struct TimedStep<'a, F> {
        #[pin]
        future: F,
        step: Step,
        // Set by the first poll.
        measurement: Option<Box<(Instant, Span)>>,
        recorder: &'a StepRecorder,
    }
}

impl<F: Future> Future for TimedStep<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.recorder.0.is_none() {
            return this.future.poll(cx);
        }
        let step = *this.step;
        let (started, span) = &**this
            .measurement
            .get_or_insert_with(|| Box::new((Instant::now(), step.span())));
        let entered = span.enter();
        let output = ready!(this.future.poll(cx));
        drop(entered);
        this.recorder.record(step, *started);
        // The span ends with the step, although the future may live longer.
        *this.measurement = None;
        Poll::Ready(output)
    }
}
