//! The relation of spans to distributed traces, by OpenTelemetry if the feature is enabled.

#[cfg(feature = "opentelemetry")]
pub use self::with_opentelemetry::inject_trace_context;
#[cfg(feature = "opentelemetry")]
pub(super) use self::with_opentelemetry::{continue_trace, install_trace_ids, trace_id};
#[cfg(not(feature = "opentelemetry"))]
pub(super) use self::without_opentelemetry::{continue_trace, install_trace_ids, trace_id};

#[cfg(not(feature = "opentelemetry"))]
mod without_opentelemetry {
    use http::HeaderMap;
    use mizan_core::TraceId;
    use tracing::Span;

    pub(in super::super) fn install_trace_ids() {}

    /// Does nothing: without OpenTelemetry, spans belong to no distributed trace.
    pub(in super::super) fn continue_trace(_: &Span, _: &HeaderMap) {}

    pub(in super::super) fn trace_id(_: &Span) -> TraceId {
        TraceId::random()
    }
}

#[cfg(feature = "opentelemetry")]
mod with_opentelemetry {
    use http::{HeaderMap, HeaderName, HeaderValue};
    use mizan_core::TraceId;
    use opentelemetry::Context;
    use opentelemetry::global::get_text_map_propagator;
    use opentelemetry::propagation::{Extractor, Injector};
    use opentelemetry::trace::TraceContextExt;
    use tracing::Span;
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    /// The maximum length of a header of a trace context. W3C requires 512 characters of `tracestate`.
    const MAX_HEADER_BYTES: usize = 512;

    /// Uses the id of the current trace for errors that are logged without a request.
    pub(in super::super) fn install_trace_ids() {
        TraceId::set_source(|| id_of(&Span::current()));
    }

    pub(in super::super) fn continue_trace(span: &Span, headers: &HeaderMap) {
        let parent = get_text_map_propagator(|propagator| propagator.extract(&Headers(headers)));
        if parent.span().span_context().is_valid() {
            // It fails only without the layer of tracing-opentelemetry, and there is no trace then.
            let _ = span.set_parent(parent);
        }
    }

    pub(in super::super) fn trace_id(span: &Span) -> TraceId {
        id_of(span).unwrap_or_else(TraceId::random)
    }

    fn id_of(span: &Span) -> Option<TraceId> {
        let context = context_of(span);
        let id = context.span().span_context().trace_id();
        TraceId::from_bytes(id.to_bytes())
    }

    /// Adds the headers of the current trace to a request to another service, with the global propagator.
    ///
    /// ```
    /// let mut headers = http::HeaderMap::new();
    /// mizan_http::request_tracing::inject_trace_context(&mut headers);
    /// assert!(headers.is_empty(), "there is no trace here");
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "opentelemetry")))]
    pub fn inject_trace_context(headers: &mut HeaderMap) {
        let context = context_of(&Span::current());
        get_text_map_propagator(|propagator| {
            propagator.inject_context(&context, &mut InjectedHeaders(headers));
        });
    }

    /// Returns the context of a span, or that of the spans around it if OpenTelemetry does not record it: a filter may
    /// select only some of the spans.
    fn context_of(span: &Span) -> Context {
        let context = span.context();
        if context.span().span_context().is_valid() {
            context
        } else {
            Context::current()
        }
    }

    /// Returns whether a `traceparent` has the form that W3C Trace Context requires. The propagator accepts others.
    fn is_trace_parent(value: &[u8]) -> bool {
        /// The length of version 00. Later versions may append members.
        const LENGTH: usize = 55;
        let Some((parent, rest)) = value.split_at_checked(LENGTH) else {
            return false;
        };
        let has_form = parent.iter().enumerate().all(|(index, byte)| match index {
            2 | 35 | 52 => *byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        });
        let is_complete = rest.is_empty() || (!parent.starts_with(b"00") && rest[0] == b'-');
        has_form && is_complete && !parent.starts_with(b"ff")
    }

    struct Headers<'a>(&'a HeaderMap);

    impl Extractor for Headers<'_> {
        /// Returns the only value of a header. A header that is repeated or long is ignored.
        fn get(&self, key: &str) -> Option<&str> {
            let mut values = self.0.get_all(key).iter();
            let value = values.next()?;
            if values.next().is_some() || value.len() > MAX_HEADER_BYTES {
                return None;
            }
            if key == "traceparent" && !is_trace_parent(value.as_bytes()) {
                return None;
            }
            value.to_str().ok()
        }

        fn keys(&self) -> Vec<&str> {
            self.0.keys().map(HeaderName::as_str).collect()
        }
    }

    struct InjectedHeaders<'a>(&'a mut HeaderMap);

    impl Injector for InjectedHeaders<'_> {
        fn set(&mut self, key: &str, value: String) {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value))
            {
                self.0.insert(name, value);
            }
        }
    }
}
