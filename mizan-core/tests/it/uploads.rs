//! Functions that accept files.

use std::sync::Arc;

use mizan_core::adapter::Uploads;
use mizan_core::upload::UploadField;
use mizan_core::{
    Cx, Error, Identity, Policy, Principal, Registry, RequestHead, ServerFunction, Upload,
};
use serde_json::{Value, json};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Keep {
    image: Upload,
}

impl ServerFunction for Keep {
    type Output = String;
    type Error = Error;
    const NAME: &'static str = "keep";

    fn uploads() -> Vec<UploadField> {
        vec![UploadField::new("image")]
    }

    async fn call(self, _: &Cx) -> Result<String, Error> {
        Ok(self.image.file_name().to_owned())
    }
}

async fn keep(image: &str, uploads: Uploads) -> Result<Value, Error> {
    let app = Registry::new().function::<Keep>().build().unwrap();
    let function = app.function("keep").unwrap();
    assert_eq!(function.uploads()[0].path, "image");
    let head = Arc::new(RequestHead::empty());
    let cx = app
        .context(Principal::anonymous(), head)
        .with_uploads(uploads);
    let input = json!({ "image": image }).to_string();
    let reply = function.dispatch(cx, input.into()).await;
    Ok(serde_json::from_slice(&reply.result?).unwrap())
}

#[tokio::test]
async fn decodes_a_file_from_its_reference() {
    let mut uploads = Uploads::default();
    let reference = uploads.add(Upload::new(
        tempfile::tempfile().unwrap(),
        1,
        "../a.png",
        "image/png",
    ));
    assert_eq!(keep(&reference, uploads).await.unwrap(), json!("a.png"));

    let rejected = keep(&reference, Uploads::default()).await.unwrap_err();
    assert_eq!(
        crate::field_errors(&rejected),
        ["image: Must be a file, sent as a part of multipart/form-data."]
    );
}

#[test]
fn describes_a_file_as_a_binary_string() {
    let manifest = Registry::new().function::<Keep>().manifest().unwrap();
    let image = &manifest.as_json()["functions"][0]["input"]["properties"]["image"];
    assert_eq!(*image, json!({ "type": "string", "format": "binary" }));
}

#[tokio::test]
async fn checks_the_policy_without_the_input() {
    struct Staff;
    impl<'de> serde::Deserialize<'de> for Staff {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(serde::de::Error::custom("is never decoded"))
        }
    }
    impl schemars::JsonSchema for Staff {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Staff".into()
        }
        fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
            schemars::json_schema!({ "type": "object" })
        }
    }
    impl ServerFunction for Staff {
        type Output = ();
        type Error = Error;
        const NAME: &'static str = "staff";
        const POLICY: Policy = Policy::Staff;
        async fn call(self, _: &Cx) -> Result<(), Error> {
            Ok(())
        }
    }
    let app = Registry::new().function::<Staff>().build().unwrap();
    let check = async |principal: Principal| {
        let cx = app.context(principal, Arc::new(RequestHead::empty()));
        let result = app.function("staff").unwrap().check_policy(&cx).await;
        result.map_err(|error| error.code())
    };
    assert_eq!(check(Principal::anonymous()).await, Err("unauthenticated"));
    assert_eq!(check(Identity::new("1").into()).await, Err("forbidden"));
    assert_eq!(check(Identity::new("1").staff().into()).await, Ok(()));
}
