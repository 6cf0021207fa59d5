//! The policies of a form's functions.

use std::sync::Arc;

use mizan_core::{Cx, Decision, Error, Identity, Principal, Registry, RequestHead};
use mizan_forms::{Form, FormHandler, RegisterForm};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

macro_rules! form_for {
    ($form:ident, $name:literal, $($auth:tt)*) => {
        #[derive(Form, Deserialize, JsonSchema, Validate)]
        #[form(name = $name, $($auth)*)]
        struct $form {}

        impl FormHandler for $form {
            type Output = ();
            type Error = Error;

            async fn submit(self, _: &Cx) -> Result<(), Error> {
                Ok(())
            }
        }
    };
}

form_for!(Open, "open", title = "Open");
form_for!(Members, "members", auth);
form_for!(Staff, "staff", auth = "staff");
form_for!(Custom, "custom", auth = only_mia);

async fn only_mia(cx: &Cx) -> Decision {
    (cx.principal().identity().map(Identity::id) == Some("mia")).into()
}

#[tokio::test]
async fn applies_policy_to_every_function_of_a_form() {
    let registry = Registry::new().form::<Open>().form::<Members>();
    let app = registry.form::<Staff>().form::<Custom>().build().unwrap();
    let callers: [Principal; 3] = [
        Principal::anonymous(),
        Identity::new("mia").into(),
        Identity::new("sam").staff().into(),
    ];
    for (form, allowed) in [
        ("open", [true, true, true]),
        ("members", [false, true, true]),
        ("staff", [false, false, true]),
        ("custom", [false, true, false]),
    ] {
        for (caller, allowed) in callers.iter().zip(allowed) {
            for (function, input) in [
                ("schema", "{}"),
                ("state", "{}"),
                ("validate", r#"{"values": {}}"#),
                ("submit", "{}"),
            ] {
                let name = format!("{form}.{function}");
                let cx = app.context(caller.clone(), Arc::new(RequestHead::empty()));
                let reply = app
                    .function(&name)
                    .unwrap()
                    .dispatch(cx, input.into())
                    .await;
                assert_eq!(reply.result.is_ok(), allowed, "{name} {caller:?}");
            }
        }
    }
}
