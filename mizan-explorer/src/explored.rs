//! The application that the explorer shows.

use mizan_codegen::Manifest;
use mizan_core::App;

use crate::kept_mails::KeptMails;
use crate::principals::TestPrincipals;

/// The application, as the functions of the page see it.
pub(crate) struct Explored {
    pub(crate) app: App,
    pub(crate) manifest: Manifest,
    pub(crate) principals: TestPrincipals,
    /// The path at which the application serves its functions.
    pub(crate) api_path: String,
    /// The mails, if the application has a mailbox.
    pub(crate) mails: Option<KeptMails>,
}
