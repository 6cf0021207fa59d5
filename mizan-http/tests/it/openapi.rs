//! The OpenAPI document.

use std::collections::BTreeMap;

use http::Request;
use mizan_core::{Error, ErrorCode, Registry, client};
use mizan_http::MizanService;
use mizan_openapi::Options;
use serde_json::{Value, json};

use crate::harness::{bodiless, call, get, post};

/// Fails with the code at this index.
#[client(query)]
async fn fail(index: u32) -> Result<(), Error> {
    Err(Error::new(ErrorCode::ALL[index as usize], "as requested"))
}

fn service() -> MizanService {
    let app = Registry::new().function::<Fail>().build().unwrap();
    let options = Options::default().title("Failures");
    MizanService::builder(app).openapi(options).build().unwrap()
}

const DOCUMENT: &str = "/api/mizan/openapi.json";

#[tokio::test]
async fn serves_document_with_entity_tag() {
    let service = service();
    let reply = call(&service, get(DOCUMENT)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let document = reply.json();
    assert_eq!(document["info"]["title"], "Failures");
    assert_eq!(document["servers"], json!([{ "url": "/api/mizan" }]));
    assert!(document["paths"]["/call/fail"]["get"].is_object());

    let tag = reply.header("etag").unwrap();
    let request = Request::get(DOCUMENT).header("if-none-match", tag);
    let reply = call(&service, bodiless(request)).await;
    assert_eq!((reply.status, reply.body.len()), (304, 0));
}

#[tokio::test]
async fn document_has_url_of_mount_path() {
    let app = Registry::new().function::<Fail>().build().unwrap();
    let service = MizanService::builder(app)
        .mount_path("/rpc")
        .openapi(Options::default())
        .build()
        .unwrap();
    let reply = call(&service, get("/rpc/openapi.json")).await;
    assert_eq!(reply.json()["servers"], json!([{ "url": "/rpc" }]));
}

#[tokio::test]
async fn document_is_not_served_by_default() {
    let app = Registry::new().function::<Fail>().build().unwrap();
    let reply = call(&MizanService::new(app), get(DOCUMENT)).await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn document_allows_only_reads() {
    let reply = call(&service(), post(DOCUMENT, "{}")).await;
    assert_eq!(reply.status, 405);
    assert_eq!(reply.header("allow"), Some("GET, HEAD"));
}

/// mizan-openapi has its own table of statuses, because it does not depend on this crate.
#[tokio::test]
async fn every_error_code_has_the_documented_status() {
    let service = service();
    let document = call(&service, get(DOCUMENT)).await.json();
    let documented = documented_statuses(&document);
    for (index, code) in ErrorCode::ALL.iter().enumerate() {
        let input = format!("{{\"index\":{index}}}");
        let reply = call(&service, post("/api/mizan/call/fail", input)).await;
        assert_eq!(reply.failure().1, code.as_str());
        // A documented operation never has a method that is not allowed.
        let expected = match code {
            ErrorCode::MethodNotAllowed => None,
            _ => Some(&reply.status),
        };
        assert_eq!(documented.get(code.as_str()), expected, "{code:?}");
    }
}

/// Returns the status of each error code in the responses of an operation.
fn documented_statuses(document: &Value) -> BTreeMap<&str, u16> {
    let mut statuses = BTreeMap::new();
    let responses = &document["paths"]["/call/fail"]["post"]["responses"];
    for (status, response) in responses.as_object().unwrap() {
        let response = resolve(document, response);
        let schema = resolve(
            document,
            &response["content"]["application/problem+json"]["schema"],
        );
        let code = &schema["properties"]["code"];
        let codes = code["enum"].as_array().map_or(&[][..], Vec::as_slice);
        for code in codes.iter().chain(code.get("const")) {
            statuses.insert(code.as_str().unwrap(), status.parse().unwrap());
        }
    }
    statuses
}

fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap(),
        None => value,
    }
}
