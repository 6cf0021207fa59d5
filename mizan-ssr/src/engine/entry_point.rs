//! The JavaScript functions that Rust calls.

/// A function of the object that `js/main.js` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryPoint {
    RegisterComponent,
    Render,
    SendShell,
    CompleteCall,
    CompleteFetch,
    FireTimer,
    Abort,
    EndRender,
    InvalidateModules,
    DescribeError,
}

impl EntryPoint {
    /// The maximum number of arguments of an entry point.
    #[cfg(feature = "v8")]
    pub(super) const MAX_ARGUMENTS: usize = 4;

    /// Returns the property name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RegisterComponent => "registerComponent",
            Self::Render => "render",
            Self::SendShell => "sendShell",
            Self::CompleteCall => "completeCall",
            Self::CompleteFetch => "completeFetch",
            Self::FireTimer => "fireTimer",
            Self::Abort => "abort",
            Self::EndRender => "endRender",
            Self::InvalidateModules => "invalidateModules",
            Self::DescribeError => "describeError",
        }
    }
}
