//! `fetch` of components: allowed origins, limits, and the end of a render.

#[cfg(not(feature = "fetch"))]
use serde_json::json;

#[cfg(not(feature = "fetch"))]
use crate::app::{App, html, on_engines};

/// Renders the result of a request, or the message of its error.
const PAGE: &str = "
    import { use } from 'react';
    const run = async ({ url, code }: { url: string; code?: string }) => {
      try {
        return await new Function('url', `return (async () => { ${code ?? 'return (await fetch(url)).text()'} })()`)(url);
      } catch (error: any) {
        return `${error.name}: ${error.message}`;
      }
    };
    const results = new Map<string, Promise<string>>();
    export default (props: { url: string; code?: string; key?: string }) => {
      const key = JSON.stringify(props);
      if (!results.has(key)) results.set(key, run(props));
      return <b>{use(results.get(key)!)}</b>;
    };
";

#[cfg(not(feature = "fetch"))]
#[test]
fn names_missing_feature() {
    on_engines(|engine| {
        let app = App::component(PAGE);
        let page = html(
            &app.renderer(engine),
            "App.tsx",
            &json!({ "url": "https://example.com/" }),
        );
        assert!(
            page.starts_with("<b>TypeError: `fetch` needs the feature `fetch`"),
            "{page}"
        );
    });
}

#[cfg(feature = "fetch")]
mod with_feature {
    use std::convert::Infallible;
    use std::io::Write;
    use std::sync::Arc;
    use std::time::Duration;

    use axum::body::{Body, Bytes};
    use axum::http::{HeaderMap, StatusCode, header};
    use axum::response::IntoResponse;
    use axum::routing::{get, post};
    use axum::{Router, extract::Path};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use futures_util::stream;
    use mizan_ssr::Renderer;
    use mizan_ssr::fetch::FetchPolicy;
    use mizan_ssr::renderer::EngineKind;
    use serde_json::{Value, json};
    use tokio::runtime::Runtime;
    use tokio::sync::Notify;

    use super::PAGE;
    use crate::app::{App, html, on_engines};
    use crate::log::Log;

    /// An HTTP server on this machine, which ends with the value.
    struct Server {
        origin: String,
        _runtime: Runtime,
    }

    impl Server {
        fn start(router: Router) -> Self {
            let runtime = Runtime::new().expect("a runtime");
            let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
            let listener = listener.expect("a free port");
            let address = listener.local_addr().expect("an address");
            runtime.spawn(async move { axum::serve(listener, router).await });
            Self {
                origin: format!("http://{address}"),
                _runtime: runtime,
            }
        }

        fn url(&self, path: &str) -> String {
            format!("{}{path}", self.origin)
        }
    }

    /// A body that never ends.
    fn endless() -> Body {
        let chunk = || Ok::<_, Infallible>(Bytes::from_static(&[b'a'; 1 << 14]));
        Body::from_stream(stream::repeat_with(chunk))
    }

    fn renderer(app: &App, engine: EngineKind, policy: FetchPolicy) -> Renderer {
        let builder = app.builder(engine).fetch(policy);
        builder.build().expect("valid settings")
    }

    fn text(renderer: &Renderer, props: &Value) -> String {
        let page = html(renderer, "App.tsx", props);
        let text = page
            .strip_prefix("<b>")
            .and_then(|page| page.strip_suffix("</b>"));
        text.expect("an element").to_owned()
    }

    fn allowing(server: &Server) -> FetchPolicy {
        FetchPolicy::new().allow_internal_origin(&server.origin)
    }

    #[test]
    fn is_disabled_by_default() {
        on_engines(|engine| {
            let app = App::component(PAGE);
            let shown = text(
                &app.renderer(engine),
                &json!({ "url": "https://example.com/" }),
            );
            assert!(
                shown.starts_with("TypeError: `fetch` is disabled")
                    && shown.contains("`RendererBuilder::fetch`"),
                "{shown}"
            );
        });
    }

    #[test]
    fn passes_the_trace_context_on_within_the_span_of_the_request() {
        let log = Log::of_the_process();
        let seen = |headers: HeaderMap| async move {
            let value = headers.get("traceparent").expect("a trace context");
            value.to_str().expect("text").to_owned()
        };
        let server = Server::start(Router::new().route("/", get(seen)));
        on_engines(|engine| {
            let app = App::component(PAGE);
            let policy = allowing(&server).trace_context(|headers| {
                let span = tracing::Span::current();
                let name = span.metadata().expect("the span is enabled").name();
                headers.insert("traceparent", name.parse().expect("a header"));
            });
            let renderer = renderer(&app, engine, policy);
            let code = "return (await fetch(url, { headers: { traceparent: 'forged' } })).text()";
            let props = json!({ "url": server.url("/"), "code": code });
            assert_eq!(text(&renderer, &props), "mizan.fetch");
            // A log line of the component is in the span of the caller, on whichever thread the render runs.
            let code = "console.log('first\\n2026 ERROR forged'); return ''";
            let props = json!({ "url": "", "code": code, "key": "log" });
            tracing::info_span!("caller").in_scope(|| text(&renderer, &props));
            let written = log.text();
            let line = written.lines().find(|line| line.contains("first"));
            let line = line.expect("a line");
            assert!(line.contains("caller:"), "{line}");
            assert!(written.contains("\n    2026 ERROR forged"), "{written}");
            log.clear();
        });
    }

    #[test]
    fn sends_requests_and_reads_responses() {
        let echo = |headers: HeaderMap, body: String| async move {
            let value = |name: &str| {
                headers
                    .get(name)
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or("-")
                    .to_owned()
            };
            let seen = [
                value("x-test"),
                value("content-type"),
                value("cookie"),
                body,
            ]
            .join("|");
            (StatusCode::CREATED, [(header::SET_COOKIE, "a=1")], seen)
        };
        let server = Server::start(Router::new().route("/echo", post(echo)));
        on_engines(|engine| {
            let app = App::component(PAGE);
            let renderer = renderer(&app, engine, allowing(&server));
            let code = "const response = await fetch(url, { method: 'POST', headers: { 'X-Test': 'ä' === 'b' ? '' : 't', Host: 'other' }, body: 'text' });
                const reader = response.clone().body.getReader();
                const { value } = await reader.read();
                return [response.status, response.statusText, response.ok, response.url === url, response.headers.getSetCookie(), await response.text(), value.length > 0].join(' ');";
            for key in ["first", "second"] {
                let shown = text(
                    &renderer,
                    &json!({ "url": server.url("/echo"), "code": code, "key": key }),
                );
                assert_eq!(
                    shown,
                    "201 Created true true a=1 t|text/plain;charset=UTF-8|-|text true"
                );
            }
        });
    }

    #[test]
    fn refuses_other_origins_and_internal_addresses() {
        let server = Server::start(Router::new().route("/", get(|| async { "secret" })));
        on_engines(|engine| {
            let app = App::component(PAGE);
            let shown = |policy: FetchPolicy, url: &str| {
                text(&renderer(&app, engine, policy), &json!({ "url": url }))
            };
            let other = shown(
                FetchPolicy::new().allow_origin("https://example.com"),
                &server.origin,
            );
            assert!(
                other.contains("is not allowed; allow it with `FetchPolicy::allow_origin`"),
                "{other}"
            );
            // The name is allowed, but its address is internal.
            let port = server.origin.rsplit(':').next().expect("a port");
            let named = format!("http://localhost:{port}");
            let internal = shown(FetchPolicy::new().allow_origin(&named), &named);
            assert!(
                internal.contains("localhost has an internal address"),
                "{internal}"
            );
            let metadata = shown(
                FetchPolicy::new().allow_origin("https://example.com"),
                "http://169.254.169.254/latest/meta-data/",
            );
            assert!(metadata.contains("is not allowed"), "{metadata}");
            let file = shown(allowing(&server), "file:///etc/passwd");
            assert!(file.contains("is not allowed"), "{file}");
        });
    }

    #[test]
    fn refuses_internal_address_as_public_origin() {
        let policy = FetchPolicy::new().allow_origin("http://127.0.0.1:8000");
        let error = Renderer::builder().fetch(policy).build();
        let error = error.expect_err("an invalid origin").to_string();
        assert!(
            error.contains("http://127.0.0.1:8000") && error.contains("allow_internal_origin"),
            "{error}"
        );
    }

    #[test]
    fn follows_redirects_only_to_allowed_origins() {
        let seen = |headers: HeaderMap| async move {
            format!("authorization={}", headers.contains_key("authorization"))
        };
        let target = Server::start(Router::new().route("/seen", get(seen)));
        let to = target.url("/seen");
        let to_target = move || async move { (StatusCode::FOUND, [(header::LOCATION, to)]) };
        let hop = |Path(left): Path<u32>| async move {
            let next = if left == 0 {
                "/end".into()
            } else {
                format!("/hop/{}", left - 1)
            };
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, next)])
        };
        let metadata = || async {
            (
                StatusCode::FOUND,
                [(header::LOCATION, "http://169.254.169.254/")],
            )
        };
        let server = Server::start(
            Router::new()
                .route("/to-target", get(to_target))
                .route("/hop/{left}", get(hop))
                .route("/metadata", get(metadata))
                .route("/end", get(|| async { "end" })),
        );
        on_engines(|engine| {
            let app = App::component(PAGE);
            let both = renderer(
                &app,
                engine,
                allowing(&server).allow_internal_origin(&target.origin),
            );
            let one = renderer(&app, engine, allowing(&server));
            let with_token =
                "return (await fetch(url, { headers: { authorization: 'token' } })).text()";
            let url = server.url("/to-target");
            assert_eq!(
                text(&both, &json!({ "url": url, "code": with_token })),
                "authorization=false"
            );
            let refused = text(&one, &json!({ "url": url }));
            assert!(
                refused.contains(&format!(
                    "`fetch` to the origin {} is not allowed",
                    target.origin
                )),
                "{refused}"
            );
            let refused = text(&one, &json!({ "url": server.url("/metadata") }));
            assert!(
                refused.contains("169.254.169.254 is not allowed"),
                "{refused}"
            );
            let code = "const response = await fetch(url); return response.redirected + await response.text()";
            assert_eq!(
                text(&one, &json!({ "url": server.url("/hop/3"), "code": code })),
                "trueend"
            );
            let endless = text(&one, &json!({ "url": server.url("/hop/30") }));
            assert!(endless.contains("redirects too often"), "{endless}");
            let code = "return (await fetch(url, { redirect: 'manual' })).status";
            assert_eq!(
                text(&one, &json!({ "url": server.url("/hop/3"), "code": code })),
                "307"
            );
            let code = "return (await fetch(url, { redirect: 'error' })).status";
            let error = text(&one, &json!({ "url": server.url("/hop/3"), "code": code }));
            assert!(error.starts_with("TypeError"), "{error}");
        });
    }

    #[test]
    fn limits_bodies_after_decompression_and_requests() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        for _ in 0..64 {
            encoder.write_all(&[0; 1 << 20]).expect("a vector");
        }
        let bomb = Bytes::from(encoder.finish().expect("a vector"));
        assert!(bomb.len() < 1 << 17);
        let bomb =
            move || async move { ([(header::CONTENT_ENCODING, "gzip")], bomb).into_response() };
        let server = Server::start(
            Router::new()
                .route("/endless", get(|| async { endless() }))
                .route("/bomb", get(bomb))
                .route(
                    "/small",
                    get(|| async { "small" }).post(|body: Bytes| async move { body }),
                ),
        );
        on_engines(|engine| {
            let app = App::component(PAGE);
            let policy = allowing(&server)
                .max_response_bytes(1 << 20)
                .max_request_bytes(8)
                .max_requests(3);
            let renderer = renderer(&app, engine, policy);
            for path in ["/endless", "/bomb"] {
                let shown = text(&renderer, &json!({ "url": server.url(path) }));
                assert!(
                    shown.contains("have more than 1048576 bytes"),
                    "{path}: {shown}"
                );
            }
            let code = "return (await fetch(url, { method: 'POST', body: 'x'.repeat(9) })).text()";
            let shown = text(
                &renderer,
                &json!({ "url": server.url("/small"), "code": code }),
            );
            assert!(
                shown.contains("the body of the request has more than 8 bytes"),
                "{shown}"
            );
            let code = "const all = []; for (let n = 0; n < 3; n++) all.push(await (await fetch(url)).text()); return all.join() + await fetch(url).catch((error) => error.message)";
            let shown = text(
                &renderer,
                &json!({ "url": server.url("/small"), "code": code }),
            );
            assert!(
                shown.starts_with("small,small,smallthis render makes more than 3 requests"),
                "{shown}"
            );
        });
    }

    #[test]
    fn aborts_requests_with_signal_and_with_render() {
        let (closed, closings) = std::sync::mpsc::channel();
        let arrived = Arc::new(Notify::new());
        let arrival = Arc::clone(&arrived);
        let never = move || {
            let closed = Closed(closed.clone());
            arrived.notify_one();
            async move {
                let _closed = closed;
                std::future::pending::<()>().await;
            }
        };
        let server = Server::start(
            Router::new()
                .route("/never", get(never))
                // Answers once the other request has arrived.
                .route(
                    "/arrived",
                    get(move || async move { arrival.notified().await }),
                ),
        );
        on_engines(|engine| {
            let app = App::component(PAGE);
            let builder = app.builder(engine).deadline(Duration::from_secs(3));
            let renderer = builder.fetch(allowing(&server));
            let renderer = renderer.build().expect("valid settings");
            let start = "const { signal, abort } = (() => { const controller = new AbortController();
                   return { signal: controller.signal, abort: () => controller.abort(new Error('stopped')) }; })();
                 const pending = fetch(url + '/never', { signal });
                 pending.catch(() => {});
                 await fetch(url + '/arrived');";
            let shown = |code: &str| {
                let code = format!("{start} {code}");
                renderer.render_blocking("App.tsx", &json!({ "url": server.origin, "code": code }))
            };
            let aborted = shown("abort(); return (await pending).text()").expect("a page");
            assert!(aborted.html.contains("Error: stopped"), "{}", aborted.html);
            closings.recv().expect("a closed connection");
            let ended = shown("return 'rendered'").expect("a page");
            assert!(ended.html.contains("rendered"), "{}", ended.html);
            closings.recv().expect("a closed connection");
            let error = shown("return (await pending).text()").expect_err("an expired deadline");
            assert!(error.to_string().contains("deadline"), "{error}");
            closings.recv().expect("a closed connection");
        });
    }

    /// Reports that the server stopped handling a request.
    struct Closed(std::sync::mpsc::Sender<()>);

    impl Drop for Closed {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
}
