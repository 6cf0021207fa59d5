//! Functions that return files: their manifest, and the uses that a registry refuses.

use std::sync::Arc;

use bytes::Bytes;
use mizan_core::{Cx, Download, Error, Principal, Registry, RequestHead, client};
use serde_json::json;

#[client(query, content_type = "text/csv")]
async fn sales() -> Result<Download, Error> {
    Ok(Download::new("sales.csv", "a,b\n"))
}

#[client]
async fn export() -> Result<Download, Error> {
    Ok(Download::new("export.zip", "").with_content_type("application/zip"))
}

fn build_error(registry: Registry) -> String {
    registry.build().unwrap_err().to_string()
}

#[test]
fn manifest_has_the_content_type() {
    let registry = Registry::new().function::<Sales>().function::<Export>();
    let manifest = registry.manifest().unwrap();
    let functions = &manifest.as_json()["functions"];
    assert_eq!(
        functions[1]["output"],
        json!({ "type": "string", "format": "binary", "contentMediaType": "text/csv" })
    );
    assert_eq!(
        functions[0]["output"]["contentMediaType"],
        "application/octet-stream"
    );
}

#[tokio::test]
async fn dispatch_returns_the_file_beside_an_empty_output() {
    let app = Registry::new().function::<Sales>().build().unwrap();
    let cx = app.context(Principal::anonymous(), Arc::new(RequestHead::empty()));
    let entry = app.function("sales").unwrap();
    assert!(entry.is_download());
    let reply = entry.dispatch(cx, Bytes::new()).await;
    assert_eq!(reply.result.unwrap(), "");
    let download = reply.download.unwrap();
    assert_eq!(download.name(), "sales.csv");
    assert_eq!(download.content_type(), "text/csv");
    assert_eq!(download.into_bytes().await.unwrap(), "a,b\n");
}

#[tokio::test]
async fn a_function_can_use_the_file_of_another_function() {
    #[client(query)]
    async fn lines(cx: &Cx) -> Result<usize, Error> {
        let sales = cx.call(Sales {}).await?.into_bytes().await?;
        Ok(sales.split(|byte| *byte == b'\n').count())
    }
    let app = Registry::new().function::<Lines>().build().unwrap();
    let lines = app.call_as(Principal::anonymous(), Lines {}).await;
    assert_eq!(lines.unwrap(), 2);
}

#[test]
fn rejects_a_file_inside_a_value() {
    #[derive(serde::Serialize, schemars::JsonSchema)]
    struct Report {
        title: String,
        file: Download,
    }
    #[client(query, input = ReportInput)]
    async fn report() -> Result<Report, Error> {
        Err(Error::not_found("there is none"))
    }
    #[client(query, input = MaybeInput)]
    async fn maybe() -> Result<Option<Download>, Error> {
        Err(Error::not_found("there is none"))
    }
    #[client(query, input = SeveralInput)]
    async fn several() -> Result<Vec<Download>, Error> {
        Err(Error::not_found("there is none"))
    }
    let registry = Registry::new()
        .function::<ReportInput>()
        .function::<MaybeInput>()
        .function::<SeveralInput>();
    let problems = build_error(registry);
    for place in [
        "`file` in the type `Report` is a `Download`",
        "the output of `maybe` is a `Download`",
        "the output of `several` is a `Download`",
    ] {
        assert!(problems.contains(place), "{place} is not in {problems}");
    }
}

#[test]
fn rejects_a_file_of_a_context_and_a_content_type_without_a_file() {
    #[client(context = "global")]
    async fn logo() -> Result<Download, Error> {
        Err(Error::not_found("there is none"))
    }
    #[client(query, content_type = "text/plain")]
    async fn text() -> Result<String, Error> {
        Err(Error::not_found("there is none"))
    }
    let problems = build_error(Registry::new().function::<Logo>().function::<Text>());
    for problem in [
        "the context `logo` (",
        "`text` (",
        "make it a query or a mutation",
        "does not return a `Download`; remove `content_type`",
    ] {
        assert!(problems.contains(problem), "{problem} is not in {problems}");
    }
}

#[test]
fn a_file_has_no_json() {
    let error = serde_json::to_string(&Download::new("a", "")).unwrap_err();
    assert!(error.to_string().contains("whole output of a function"));
}
