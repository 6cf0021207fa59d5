#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod error;
mod explored;
mod functions;
mod kept_mails;
mod layer;
#[cfg(feature = "mailbox")]
mod mailbox;
mod principals;
mod site;

pub use builder::ExplorerBuilder;
pub use error::ExplorerBuildError;
pub use layer::{Explorer, ExplorerBody, ExplorerFuture, ExplorerService};
#[cfg(feature = "mailbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "mailbox")))]
pub use mailbox::Mailbox;
pub use principals::TestPrincipal;

/// Returns the functions of the page, from which its client is generated.
#[doc(hidden)]
pub fn registry() -> mizan_core::Registry {
    functions::registry()
}
