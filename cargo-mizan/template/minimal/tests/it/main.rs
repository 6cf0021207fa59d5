//! Tests through the application, with its policies and validation.

use mizan_core::Principal;
use mizan_template::Greet;

#[tokio::test]
async fn greets_by_name() -> anyhow::Result<()> {
    let app = mizan_template::registry().build()?;
    let greeting = app
        .call_as(
            Principal::anonymous(),
            Greet {
                name: "Ada".to_owned(),
            },
        )
        .await
        .unwrap();
    assert_eq!(greeting, "Hello, Ada!");
    Ok(())
}
