//! The macros work where names of the standard library are shadowed.
#![allow(dead_code)]

mod hidden {
    pub struct Result;
    pub struct Option;
    pub struct String;
    pub struct Vec;
    pub struct Box;
    pub trait Send {}
    pub trait Sync {}
    pub trait Sized {}
    pub trait Default {}
    pub trait Clone {}
    pub trait From {}
    pub trait Into {}
    pub trait Iterator {}
    pub trait ToString {}
    pub trait Deserialize {}
    pub trait Serialize {}
    pub trait JsonSchema {}
    pub trait Validate {}
    pub mod std {}
    pub mod core {}
    pub mod serde {}
    pub mod serde_json {}
    pub mod schemars {}
    pub mod validator {}
}

mod functions {
    #[allow(unused_imports)]
    use super::hidden::*;

    type Answer<T> = ::std::result::Result<T, ::mizan_core::Error>;
    type Text = ::std::string::String;

    async fn allow(_: &::mizan_core::Cx) -> ::mizan_core::Decision {
        ::mizan_core::Decision::Allow
    }

    async fn agree(_: &::mizan_core::Cx, _: &Echo) -> ::mizan_core::Decision {
        ::mizan_core::Decision::Allow
    }

    #[derive(::mizan_core::ClientError)]
    pub(super) enum Failure {
        #[client_error(field = "text", message = "{by} has it")]
        Taken { by: Text, error: ::std::option::Option<u8> },
        #[client_error(transparent)]
        Other(::mizan_core::Error),
    }

    #[::mizan_core::client(auth = allow, authorize = agree, affects(count))]
    pub(super) async fn echo(
        cx: &::mizan_core::Cx,
        #[validate(length(min = 1, max = 9), email)] text: Text,
        #[validate(range(min = 1))] number: u8,
        maybe: ::std::option::Option<::std::vec::Vec<Text>>,
    ) -> ::std::result::Result<Text, Failure> {
        let _ = (cx.state::<u8>(), number, maybe);
        ::std::result::Result::Err(Failure::Taken { by: text, error: ::std::option::Option::None })
    }

    #[::mizan_core::client(query, auth = "posts.read")]
    pub(super) async fn count() -> Answer<u8> {
        ::std::result::Result::Ok(1)
    }
}

fn main() {
    let registry = mizan_core::Registry::new()
        .state(1_u8)
        .function::<functions::Echo>()
        .function::<functions::Count>();
    assert!(registry.build().is_ok());
}
