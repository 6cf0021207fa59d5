//! Compression of responses while they stream.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, COOKIE, ETAG, VARY,
};
use http::{HeaderName, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use mizan_http::Compression;
use mizan_http::compression::CompressedBody;
use tokio::sync::mpsc;
use tower_layer::Layer;
use tower_service::Service;

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const BROWSER: (HeaderName, &str) = (ACCEPT_ENCODING, "gzip, deflate, br, zstd");

/// A body whose chunks the test sends one by one.
struct Chunks(mpsc::UnboundedReceiver<Bytes>);

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = self.0.poll_recv(cx);
        chunk.map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}

fn request(headers: &[(HeaderName, &str)]) -> Request<()> {
    let mut request = Request::builder().uri("/");
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.body(()).unwrap()
}

/// Responds with `response` to every request, through the layer.
async fn respond<B: Body + Send + 'static>(
    layer: &Compression,
    headers: &[(HeaderName, &str)],
    response: Response<B>,
) -> Response<CompressedBody<B>> {
    let mut response = Some(response);
    let mut service = layer.layer(tower_service_fn(move |_: Request<()>| {
        response.take().expect("one request")
    }));
    let Ok(response) = service.call(request(headers)).await;
    response
}

/// A service of a function.
fn tower_service_fn<F>(function: F) -> ServiceFn<F> {
    ServiceFn(function)
}

struct ServiceFn<F>(F);

impl<F, Req, Res> Service<Req> for ServiceFn<F>
where
    F: FnMut(Req) -> Res,
{
    type Response = Res;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Res, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Req) -> Self::Future {
        std::future::ready(Ok((self.0)(request)))
    }
}

fn html(text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    Response::builder()
        .header(CONTENT_TYPE, "text/html; charset=utf-8")
        .body(Full::new(text.into()))
        .unwrap()
}

fn long_text() -> String {
    "<p>Hello, World!</p>\n".repeat(200)
}

fn encoding<B>(response: &Response<B>) -> &str {
    let encoding = response.headers().get(CONTENT_ENCODING);
    encoding.map_or("", |encoding| encoding.to_str().unwrap())
}

async fn encoding_of(headers: &[(HeaderName, &str)]) -> String {
    let response = respond(&Compression::new(), headers, html(long_text())).await;
    encoding(&response).to_owned()
}

#[tokio::test]
async fn compresses_for_clients_that_accept_it() {
    for (accept, expected) in [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0.1, gzip", "gzip"),
        ("deflate", ""),
        ("identity", ""),
    ] {
        let headers = [(ACCEPT_ENCODING, accept)];
        let response = respond(&Compression::new(), &headers, html(long_text())).await;
        assert_eq!(encoding(&response), expected, "{accept}");
        assert_eq!(response.headers()[VARY], "accept-encoding");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let mut text = String::new();
        match expected {
            "br" => brotli::Decompressor::new(&*body, 4096).read_to_string(&mut text),
            "gzip" => flate2::read::GzDecoder::new(&*body).read_to_string(&mut text),
            _ => (&*body).read_to_string(&mut text),
        }
        .unwrap();
        assert_eq!(text, long_text(), "{accept}");
        assert!(expected.is_empty() || body.len() < 200, "{}", body.len());
    }
    assert_eq!(encoding_of(&[]).await, "");
}

#[tokio::test]
async fn sends_each_chunk_of_a_stream_at_once() {
    for accept in ["br", "gzip"] {
        let (sender, chunks) = mpsc::unbounded_channel();
        let response = Response::builder()
            .header(CONTENT_TYPE, "text/html")
            .body(Chunks(chunks))
            .unwrap();
        let headers = [(ACCEPT_ENCODING, accept)];
        let response = respond(&Compression::new(), &headers, response).await;
        assert_eq!(encoding(&response), accept);
        let mut body = response.into_body();
        let mut received = Vec::new();
        let mut expected = String::new();
        for part in ["<h1>the shell</h1>", "<p>a late part</p>", "</body></html>"] {
            sender.send(part.into()).unwrap();
            expected.push_str(part);
            // The encoder has all of the chunk before it waits for the next one.
            while decoded(accept, &received) != expected {
                let frame = body.frame().await.unwrap().unwrap();
                received.extend_from_slice(&frame.into_data().unwrap());
            }
        }
        drop(sender);
        let rest = body.collect().await.unwrap().to_bytes();
        received.extend_from_slice(&rest);
        assert_eq!(decoded(accept, &received), expected);
    }
}

/// Decodes the beginning of a stream.
fn decoded(encoding: &str, bytes: &[u8]) -> String {
    let mut text = Vec::new();
    match encoding {
        "br" => {
            let mut decoder = brotli::DecompressorWriter::new(&mut text, 4096);
            decoder.write_all(bytes).unwrap();
            decoder.flush().unwrap();
        }
        _ => {
            let mut decoder = flate2::write::GzDecoder::new(&mut text);
            decoder.write_all(bytes).unwrap();
            decoder.flush().unwrap();
        }
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn leaves_other_responses_alone() {
    let with = |name: HeaderName, value: &str| {
        let mut response = html(long_text());
        response.headers_mut().insert(name, value.parse().unwrap());
        response
    };
    let mut not_modified = html(long_text());
    *not_modified.status_mut() = http::StatusCode::NOT_MODIFIED;
    let untyped = Response::new(Full::new(Bytes::from(long_text())));
    for (reason, response) in [
        ("small", html("x".repeat(1023))),
        ("image", with(CONTENT_TYPE, "image/png")),
        ("font", with(CONTENT_TYPE, "font/woff2")),
        ("events", with(CONTENT_TYPE, "text/event-stream")),
        ("untyped", untyped),
        ("encoded", with(CONTENT_ENCODING, "zstd")),
        ("range", with(CONTENT_RANGE, "bytes 0-9/100")),
        ("entity tag", with(ETAG, "\"a\"")),
        ("no-transform", with(CACHE_CONTROL, "private, No-Transform")),
        ("not modified", not_modified),
    ] {
        let response = respond(&Compression::new(), &[BROWSER], response).await;
        assert!(!["br", "gzip"].contains(&encoding(&response)), "{reason}");
    }
    for content_type in [
        "application/json",
        "application/problem+json",
        "application/x-ndjson",
        "text/css",
        "image/svg+xml",
        "Text/HTML",
    ] {
        let response = with(CONTENT_TYPE, content_type);
        let response = respond(&Compression::new(), &[BROWSER], response).await;
        assert_eq!(encoding(&response), "br", "{content_type}");
        assert!(!response.headers().contains_key(CONTENT_LENGTH));
    }
}

#[tokio::test]
async fn responses_with_credentials_are_compressed_for_the_same_origin_only() {
    for credentials in [(COOKIE, "session=secret"), (AUTHORIZATION, "Bearer secret")] {
        for (site, expected) in [
            (Some("same-origin"), "br"),
            (Some("none"), "br"),
            (Some("same-site"), ""),
            (Some("cross-site"), ""),
            (Some("unknown"), ""),
            (None, ""),
        ] {
            let mut headers = vec![BROWSER, credentials.clone()];
            headers.extend(site.map(|site| (SITE, site)));
            assert_eq!(encoding_of(&headers).await, expected, "{headers:?}");
        }
    }
    // Without credentials, the response contains nothing that the other site could not request itself.
    assert_eq!(encoding_of(&[BROWSER, (SITE, "cross-site")]).await, "br");
}

/// The attack BREACH: the page repeats a text of the attacker beside a secret.
#[tokio::test]
async fn length_does_not_reveal_a_secret_to_another_site() {
    async fn length(site: &str, guess: &str) -> usize {
        let secret = "token=7f3a9c1e5b";
        let text = format!("{secret}\n{}\nYou searched for {guess}", long_text());
        let headers = [BROWSER, (COOKIE, "session=a"), (SITE, site)];
        let response = respond(&Compression::new(), &headers, html(text)).await;
        let body = response.into_body().collect().await.unwrap();
        body.to_bytes().len()
    }
    let (right, wrong) = ("token=7f3a9c1e5b", "token=0123456789");
    // The attack works where the attacker cannot send requests.
    assert!(length("same-origin", right).await < length("same-origin", wrong).await);
    for site in ["cross-site", "same-site"] {
        assert_eq!(length(site, right).await, length(site, wrong).await);
    }
}

#[tokio::test]
async fn limits_the_number_of_compressed_responses() {
    let layer = Compression::new();
    let mut bodies = Vec::new();
    let mut compressed = 0;
    for _ in 0..300 {
        let response = respond(&layer, &[BROWSER], html(long_text())).await;
        compressed += usize::from(encoding(&response) == "br");
        bodies.push(response.into_body());
    }
    assert_eq!(compressed, 256);
    drop(bodies);
    let response = respond(&layer, &[BROWSER], html(long_text())).await;
    assert_eq!(encoding(&response), "br");
}
