//! The page that browsers see while no server can run. It reloads when the problem is resolved.

use std::convert::Infallible;
use std::net::TcpListener;
use std::time::Duration;

use htmlize::escape_text;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::problem::{Problem, Shown};

/// The time in which a browser sends its request and receives the page.
const CONNECTION_DEADLINE: Duration = Duration::from_secs(10);
/// The maximum number of connections at a time. Others wait.
const MAX_CONNECTIONS: usize = 64;

/// Answers the requests on a socket until the future is dropped.
pub(super) async fn serve(
    listener: &TcpListener,
    shown: watch::Receiver<Shown>,
) -> anyhow::Result<Infallible> {
    let listener = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
    let connections = std::sync::Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let permit = std::sync::Arc::clone(&connections).acquire_owned().await?;
        let Ok((stream, _)) = listener.accept().await else {
            // For example because of too many open files.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let problem = shown.borrow().problem();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let response = respond(&request, problem.as_ref());
                async move { Ok::<_, Infallible>(response) }
            });
            let mut server = http1::Builder::new();
            let connection = server
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            let _ = timeout(CONNECTION_DEADLINE, connection).await;
            drop(permit);
        });
    }
}

fn respond<B>(request: &Request<B>, problem: Option<&Problem>) -> Response<String> {
    let message = problem.map_or("The server is starting.", |it| it.message.as_str());
    let accepts_html = request
        .headers()
        .get(ACCEPT)
        .and_then(|it| it.to_str().ok());
    let is_html = accepts_html.is_some_and(|it| it.contains("text/html"));
    let (content_type, body) = if is_html {
        ("text/html; charset=utf-8", html(message, problem))
    } else {
        ("text/plain; charset=utf-8", format!("{message}\n"))
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (RETRY_AFTER, "1"),
        (NAME.clone(), "1"),
    ] {
        headers.insert(name, http::HeaderValue::from_static(value));
    }
    response
}

/// The header by which the script recognizes this page.
static NAME: http::HeaderName = http::HeaderName::from_static("mizan-dev");

fn html(message: &str, problem: Option<&Problem>) -> String {
    let place = problem.and_then(|it| it.loc.as_ref());
    let place = place
        .map(|it| format!("{}:{}:{}", it.file, it.line, it.column))
        .unwrap_or_default();
    include_str!("holding_page.html")
        .replace("{place}", &escape_text(&place))
        .replace("{message}", &escape_text(message))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::respond;
    use crate::dev::problem::Problem;

    #[test]
    fn shows_the_escaped_problem_with_its_place() {
        let problem = Problem::new("expected `<T>`").at("/app".as_ref(), "src/main.rs", 3, 5);
        let request = Request::get("/")
            .header("accept", "text/html")
            .body(())
            .expect("a request");
        let response = respond(&request, Some(&problem));
        assert_eq!(response.status(), 503);
        let body = response.into_body();
        assert!(body.contains("expected `&lt;T&gt;`"), "{body}");
        assert!(body.contains("/app/src/main.rs:3:5"), "{body}");
    }

    #[test]
    fn other_clients_receive_text() {
        let response = respond(&Request::new(()), Some(&Problem::new("no")));
        assert_eq!(
            response.headers()["content-type"],
            "text/plain; charset=utf-8"
        );
        assert_eq!(response.into_body(), "no\n");
    }
}
