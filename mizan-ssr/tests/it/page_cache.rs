//! Pages that are rendered once for many requests.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use mizan_ssr::Pages;
use mizan_ssr::page::{CachePolicy, CacheTag, PageBody, PageCache, PagesBuilder, STRICT_CSP};
use mizan_ssr::renderer::EngineKind;
use serde_json::json;
use tokio::sync::Notify;

use crate::app::{App, block_on, on_engines};
use crate::log::Log;

const POST: &str = "import { use } from 'react';
    const functions = globalThis[Symbol.for('mizan.functions')];
    export default ({ id }: { id: number }) => {
        const { answered, json } = use(functions.call('post'));
        if (!answered) throw new Error(json);
        return <><style>{'b {}'}</style><b>{`${id}: ${JSON.parse(json)}`}</b></>;
    };";

/// A site whose page calls the function `post`, which counts its calls.
struct Site {
    pages: Pages,
    cache: PageCache,
    calls: Arc<AtomicUsize>,
}

impl Site {
    fn new(app: &App, engine: EngineKind, build: impl Fn(PagesBuilder) -> PagesBuilder) -> Self {
        let cache = PageCache::new(1 << 20, 100);
        let builder = Pages::builder(app.renderer(engine)).page_cache(cache.clone());
        Self {
            pages: build(builder).build().expect("valid settings"),
            cache,
            calls: Arc::default(),
        }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn policy() -> CachePolicy {
        let tag = CacheTag::query("post").with("id", 7);
        CachePolicy::max_age(Duration::from_secs(3600))
            .tag(tag)
            .query("page")
    }

    async fn get(&self, request: &Request<()>, policy: CachePolicy) -> Response<PageBody> {
        let calls = Arc::clone(&self.calls);
        let page = self
            .pages
            .page("App.tsx")
            .props(&json!({ "id": 7 }))
            .request(request);
        let call = move |_, _| {
            let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
            async move { Ok(Bytes::from(json!(format!("call {call}")).to_string())) }
        };
        page.public_functions(call).cache(policy).respond().await
    }

    async fn text(&self, uri: &str) -> String {
        text(self.get(&get(uri), Self::policy()).await).await
    }
}

fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).expect("a valid request")
}

async fn text(response: Response<PageBody>) -> String {
    let body = response
        .into_body()
        .collect()
        .await
        .expect("an infallible body");
    String::from_utf8(body.to_bytes().to_vec()).expect("valid UTF-8")
}

/// Runs `test` on every engine with a site whose component is [`POST`].
fn on_site(build: impl Fn(PagesBuilder) -> PagesBuilder, test: impl AsyncFn(Site)) {
    on_engines(|engine| {
        let app = App::component(POST);
        block_on(test(Site::new(&app, engine, &build)));
    });
}

#[test]
fn renders_once_for_requests_of_same_page() {
    on_site(
        |pages| pages,
        async |site| {
            let first = site.get(&get("/post?page=1&utm=a"), Site::policy()).await;
            assert_eq!(first.headers()[CACHE_CONTROL], "no-cache");
            let etag = first.headers()[ETAG].clone();
            let document = text(first).await;
            assert!(document.contains("<b>7: call 1</b>"), "{document}");
            for same in ["/post?page=1", "/post?utm=b&page=1&utm=c"] {
                assert_eq!(site.text(same).await, document);
            }
            let head = Request::builder().method(Method::HEAD).uri("/post?page=1");
            let head = site
                .get(&head.body(()).expect("a request"), Site::policy())
                .await;
            assert_eq!(head.headers()[ETAG], etag);
            assert_eq!(text(head).await, "");
            assert_eq!(site.calls(), 1);

            let current = Request::get("/post?page=1").header(
                IF_NONE_MATCH,
                format!("\"x\", {}", etag.to_str().expect("ASCII")),
            );
            let response = site
                .get(&current.body(()).expect("a request"), Site::policy())
                .await;
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(response.headers()[ETAG], etag);
            assert_eq!(text(response).await, "");

            for (other, calls) in [("/post?page=2", 2), ("/post", 3), ("/other?page=1", 4)] {
                site.text(other).await;
                assert_eq!(site.calls(), calls, "{other}");
            }
            let post = Request::post("/post").body(()).expect("a request");
            site.get(&post, Site::policy()).await;
            assert_eq!((site.calls(), site.cache.len()), (5, 4));
        },
    );
}

#[test]
fn arbitrary_query_parameters_do_not_fill_cache() {
    on_site(
        |pages| pages,
        async |site| {
            for n in 0..50 {
                site.text(&format!("/post?bust{n}={n}&page=1")).await;
            }
            assert_eq!((site.calls(), site.cache.len()), (1, 1));
        },
    );
}

#[test]
fn nonces_of_cached_pages_never_repeat() {
    on_site(
        |pages| pages.content_security_policy(STRICT_CSP),
        async |site| {
            let mut nonces = BTreeSet::new();
            for _ in 0..20 {
                let response = site.get(&get("/"), Site::policy()).await;
                assert!(response.headers().get(ETAG).is_none());
                let policy = response.headers()[CONTENT_SECURITY_POLICY]
                    .to_str()
                    .expect("ASCII")
                    .to_owned();
                let document = text(response).await;
                let (_, rest) = document.split_once("<style nonce=\"").expect("a style");
                let (nonce, _) = rest.split_once('"').expect("a nonce");
                assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
                nonces.insert(nonce.to_owned());
            }
            assert_eq!((nonces.len(), site.calls()), (20, 1));
        },
    );
}

#[test]
fn invalidation_drops_pages_with_affected_tags() {
    on_site(
        |pages| pages,
        async |site| {
            for (invalidation, calls) in [
                ("other", 1),
                ("post?input=%7B%22id%22%3A8%7D", 1),
                ("post?input=%7B%22id%22%3A7%7D&returns", 2),
                ("post", 3),
                ("*", 4),
            ] {
                site.text("/").await;
                site.cache.invalidate(invalidation);
                site.text("/").await;
                assert_eq!(site.calls(), calls, "{invalidation}");
            }
            site.cache.clear();
            assert!(site.cache.is_empty());
        },
    );
}

#[test]
fn page_that_was_affected_while_it_rendered_is_not_stored() {
    on_site(
        |pages| pages,
        async |site| {
            let cache = site.cache.clone();
            let page = site.pages.page("App.tsx").public_functions(move |_, _| {
                cache.invalidate("post");
                async { Ok(Bytes::from_static(b"1")) }
            });
            let response = page.cache(Site::policy()).respond().await;
            assert_eq!(response.status(), StatusCode::OK);
            assert!(site.cache.is_empty());
        },
    );
}

#[test]
fn concurrent_requests_share_one_render() {
    on_site(
        |pages| pages,
        async |site| {
            let requests: Vec<_> = (0..20).map(|_| get("/")).collect();
            let responses = requests
                .iter()
                .map(|request| site.get(request, Site::policy()));
            for response in join_all(responses).await {
                assert_eq!(response.status(), StatusCode::OK);
            }
            assert_eq!(site.calls(), 1);
        },
    );
}

#[test]
fn stale_page_is_sent_while_it_is_rendered_again() {
    on_site(
        |pages| pages,
        async |site| {
            let policy = CachePolicy::max_age(Duration::ZERO)
                .stale_while_revalidate(Duration::from_secs(60));
            let rendered = text(site.get(&get("/"), policy.clone()).await).await;
            assert!(rendered.contains("call 1"), "{rendered}");
            let stale = text(site.get(&get("/"), policy.clone()).await).await;
            assert!(stale.contains("call 1"), "{stale}");
            loop {
                let document = text(site.get(&get("/"), policy.clone()).await).await;
                if !document.contains("call 1") {
                    break;
                }
                tokio::task::yield_now().await;
            }
        },
    );
}

#[test]
fn page_with_functions_of_a_user_is_not_cached() {
    on_engines(|engine| {
        let log = Log::of_this_thread();
        let app = App::component(POST);
        let site = Site::new(&app, engine, |pages| pages);
        block_on(async {
            for _ in 0..2 {
                let page = site.pages.page("App.tsx");
                let page = page.functions(|_, _| async { Ok(Bytes::from_static(b"1")) });
                let response = page.cache(Site::policy()).respond().await;
                assert_eq!(response.headers()[CACHE_CONTROL], "private, no-store");
            }
        });
        assert!(site.cache.is_empty());
        assert!(
            log.0.text().contains("not caching a page with functions"),
            "{}",
            log.0.text()
        );
    });
}

#[test]
fn cached_page_contains_nothing_of_a_request() {
    on_site(
        |pages| pages.content_security_policy(STRICT_CSP),
        async |site| {
            let request = |user: &str| {
                Request::get(format!("/post?page=1&user={user}"))
                    .header("cookie", format!("session={user}"))
                    .header("authorization", format!("Bearer {user}"))
                    .header("accept-language", user)
                    .body(())
                    .expect("a valid request")
            };
            let requests: Vec<_> = (0..10).map(|n| request(&format!("user{n}"))).collect();
            let responses = requests
                .iter()
                .map(|request| site.get(request, Site::policy()));
            let mut nonces = BTreeSet::new();
            let mut documents = BTreeSet::new();
            for response in join_all(responses).await {
                assert!(response.headers().get("set-cookie").is_none());
                let policy = response.headers()[CONTENT_SECURITY_POLICY].clone();
                let policy = policy.to_str().expect("ASCII");
                let (_, nonce) = policy.split_once("'nonce-").expect("a nonce");
                let (nonce, _) = nonce.split_once('\'').expect("a nonce");
                documents.insert(text(response).await.replace(nonce, ""));
                nonces.insert(nonce.to_owned());
            }
            assert_eq!((nonces.len(), documents.len(), site.calls()), (10, 1, 1));
            let document = documents.pop_first().expect("a document");
            assert!(!document.contains("user"), "{document}");
        },
    );
}

#[test]
fn functions_of_a_user_replace_public_ones() {
    on_site(
        |pages| pages,
        async |site| {
            let public = |_, _| async { Ok(Bytes::from_static(b"\"public\"")) };
            let of_user = |_, _| async { Ok(Bytes::from_static(b"\"of a user\"")) };
            let page = || site.pages.page("App.tsx").cache(Site::policy());
            let stored = page().public_functions(public).respond().await;
            assert!(text(stored).await.contains("public"));
            let private = page().public_functions(public).functions(of_user);
            let private = private.respond().await;
            assert_eq!(private.headers()[CACHE_CONTROL], "private, no-store");
            assert!(text(private).await.contains("of a user"));
            let next = page().functions(of_user).public_functions(public);
            assert!(text(next.respond().await).await.contains("public"));
            assert_eq!(site.cache.len(), 1);
        },
    );
}

#[test]
fn failed_pages_are_not_stored() {
    on_engines(|engine| {
        let app = App::component(
            "import { Suspense, use } from 'react';
            const functions = globalThis[Symbol.for('mizan.functions')];
            const Part = ({ kind }) => {
                if (kind === 'fallback') throw new Error('part');
                if (kind === 'function') use(functions.call('post'));
                return <b />;
            };
            export default ({ kind }: { kind: string }) => {
                if (kind === 'error') throw new Error('page');
                return <Suspense><Part kind={kind} /></Suspense>;
            };",
        );
        let site = Site::new(&app, engine, |pages| pages);
        block_on(async {
            for (kind, stored) in [("error", 0), ("fallback", 0), ("function", 0), ("none", 1)] {
                let page = site.pages.page("App.tsx").props(&json!({ "kind": kind }));
                let failing = |_, _| async { Err(Bytes::from_static(br#"{"status":503}"#)) };
                page.public_functions(failing)
                    .cache(Site::policy())
                    .respond()
                    .await;
                assert_eq!(site.cache.len(), stored, "{kind}");
            }
        });
    });
}

#[test]
fn dropped_request_lets_the_next_one_render() {
    on_site(
        |pages| pages,
        async |site| {
            let started = Arc::new(Notify::new());
            let notify = Arc::clone(&started);
            let page = site.pages.page("App.tsx").public_functions(move |_, _| {
                notify.notify_one();
                std::future::pending()
            });
            let render = page.cache(Site::policy()).respond();
            tokio::select! {
                _ = render => panic!("the function never answers"),
                () = started.notified() => {}
            }
            assert!(site.text("/").await.contains("call 1"));
        },
    );
}
