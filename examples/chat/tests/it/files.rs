//! Static files and invalid paths.

use axum::body::Body;
use axum::routing::get;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use mizan_ssr::Vite;
use tower_service::Service as _;

async fn request(folder: &std::path::Path, method: Method, path: &str) -> (StatusCode, String) {
    let not_found = get(async || (StatusCode::NOT_FOUND, "not found"));
    let files = Vite::manifest(folder).unwrap().service().unwrap();
    let mut router = files.fallback(not_found);
    let head = Request::builder().method(method).uri(path);
    let response = router
        .call(head.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn answers_not_found_for_hidden_files_and_invalid_paths() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, content: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    write(".vite/manifest.json", "{}");
    for path in [".env", "assets/.map", "assets/a.js", ".well-known/x"] {
        write(path, "content");
    }
    for path in ["/assets/a.js", "/.well-known/x", "/assets/%61.js"] {
        let (status, body) = request(folder.path(), Method::GET, path).await;
        assert_eq!((status, &*body), (StatusCode::OK, "content"), "{path}");
    }
    let long = "a".repeat(256);
    let nested = "a/".repeat(2100);
    for path in [
        "/.vite/manifest.json",
        "/%2evite/manifest.json",
        "/.vite%2Fmanifest.json",
        "/assets/../.vite/manifest.json",
        "/.env",
        "/assets/.map",
        "/gone",
        "/%00",
        "/assets/a.js%00",
        "/%ff",
        "/..%2f..%2fetc%2fpasswd",
        "/..%5c..%5cetc",
        "/assets%2f",
        "/assets/a.js/b",
        &format!("/{long}"),
        &format!("/assets/{long}.js"),
        &format!("/{}", "%61".repeat(256)),
        &format!("/assets/{nested}"),
        &format!("/{}", "a".repeat(50_000)),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let (status, body) = request(folder.path(), method.clone(), path).await;
            let shown = &path[..path.len().min(40)];
            assert_eq!(status, StatusCode::NOT_FOUND, "{method} {shown}");
            if method == Method::GET {
                assert_eq!(body, "not found", "{shown}");
            }
        }
    }
    // The longest valid file name.
    let path = format!("/{}", "a".repeat(255));
    assert_eq!(
        request(folder.path(), Method::GET, &path).await.0,
        StatusCode::NOT_FOUND
    );
}
