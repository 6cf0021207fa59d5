//! The pages, rendered on the server.

use axum::http::{StatusCode, header};

use crate::application::{Site, builder};

#[tokio::test]
async fn lists_functions_and_channels() {
    let site = Site::new();
    let page = site.get("/_mizan/").await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "posts",
        "Renames a post.",
        "The news of a room.",
        "no policy",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(page.headers.contains_key(header::CONTENT_SECURITY_POLICY));
    assert_eq!(page.headers[header::CACHE_CONTROL], "private, no-store");
}

#[tokio::test]
async fn describes_a_function_with_its_schema_and_principals() {
    let page = Site::new().get("/_mizan/functions/rename/").await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "staff, then authorize",
        "maxLength",
        "post(id), posts",
        "id 8, staff",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
}

#[tokio::test]
async fn shows_who_may_call_what() {
    let page = Site::new().get("/_mizan/access/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("code: authorize"), "{}", page.body);
}

#[tokio::test]
async fn answers_404_for_unknown_paths_and_functions() {
    let site = Site::new();
    for path in [
        "/_mizan/nothing/",
        "/_mizan/functions/missing/",
        "/_mizan/channels/missing/",
        "/_mizan/files/missing.js",
    ] {
        assert_eq!(site.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn sends_the_scripts_that_the_page_links() {
    let site = Site::new();
    let page = site.get("/_mizan/").await;
    let (_, rest) = page
        .body
        .split_once(r#"src="/_mizan/files/assets/"#)
        .unwrap();
    let name = rest.split('"').next().unwrap();
    let script = site.get(&format!("/_mizan/files/assets/{name}")).await;
    assert_eq!(script.status, StatusCode::OK);
    assert!(
        script.headers[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .contains("javascript")
    );
}

#[tokio::test]
async fn passes_other_requests_to_the_application() {
    let site = Site::new();
    for path in ["/", "/_mizanx", "/api/mizan/call/posts"] {
        let reply = site.get(path).await;
        assert_eq!(reply.body, "application", "{path}");
    }
    assert_eq!(
        site.get("/_mizan").await.headers[header::LOCATION],
        "/_mizan/"
    );
}

#[tokio::test]
async fn a_disabled_explorer_is_not_there() {
    let site = Site::of(builder().enabled(false));
    for path in ["/_mizan", "/_mizan/", "/_mizan/api/call/catalogue"] {
        let reply = site.get(path).await;
        assert_eq!(
            (reply.status, &*reply.body),
            (StatusCode::NOT_FOUND, "application"),
            "{path}"
        );
    }
}
