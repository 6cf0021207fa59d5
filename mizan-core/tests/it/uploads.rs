//! Functions that take files.

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
async fn a_file_is_decoded_where_its_reference_stands() {
    let mut uploads = Uploads::default();
    let reference = uploads.add(Upload::new(
        tempfile::tempfile().unwrap(),
        1,
        "../a.png",
        "image/png",
    ));
    assert_eq!(keep(&reference, uploads).await.unwrap(), json!("a.png"));

    let refused = keep(&reference, Uploads::default()).await.unwrap_err();
    assert_eq!(
        crate::blamed(&refused),
        ["image: Must be a file, sent as a part of multipart/form-data."]
    );
}

#[test]
fn a_file_is_a_binary_string_in_the_manifest() {
    let manifest = Registry::new().function::<Keep>().manifest().unwrap();
    let image = &manifest.as_json()["functions"][0]["input"]["properties"]["image"];
    assert_eq!(*image, json!({ "type": "string", "format": "binary" }));
}

#[tokio::test]
async fn a_policy_can_be_asked_before_the_input_is_there() {
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
    let admit = async |principal: Principal| {
        let cx = app.context(principal, Arc::new(RequestHead::empty()));
        let admitted = app.function("staff").unwrap().check_policy(&cx).await;
        admitted.map_err(|error| error.code())
    };
    assert_eq!(admit(Principal::anonymous()).await, Err("unauthenticated"));
    assert_eq!(admit(Identity::new("1").into()).await, Err("forbidden"));
    assert_eq!(admit(Identity::new("1").staff().into()).await, Ok(()));
}
