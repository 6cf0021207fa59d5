//! The TypeScript that is the same for every client.

/// The files of the runtime, by their paths in the client.
pub(super) const FILES: [(&str, &str); 22] = [
    ("runtime/batch.ts", include_str!("../../runtime/batch.ts")),
    ("runtime/checks.ts", include_str!("../../runtime/checks.ts")),
    ("runtime/client.ts", include_str!("../../runtime/client.ts")),
    ("runtime/email.ts", include_str!("../../runtime/email.ts")),
    (
        "runtime/embedded.ts",
        include_str!("../../runtime/embedded.ts"),
    ),
    ("runtime/error.ts", include_str!("../../runtime/error.ts")),
    (
        "runtime/functions.ts",
        include_str!("../../runtime/functions.ts"),
    ),
    ("runtime/hooks.ts", include_str!("../../runtime/hooks.ts")),
    ("runtime/lazy.ts", include_str!("../../runtime/lazy.ts")),
    (
        "runtime/localContext.tsx",
        include_str!("../../runtime/localContext.tsx"),
    ),
    (
        "runtime/multipart.ts",
        include_str!("../../runtime/multipart.ts"),
    ),
    (
        "runtime/otherTabs.ts",
        include_str!("../../runtime/otherTabs.ts"),
    ),
    ("runtime/page.ts", include_str!("../../runtime/page.ts")),
    (
        "runtime/pageRecovery.ts",
        include_str!("../../runtime/pageRecovery.ts"),
    ),
    (
        "runtime/provider.tsx",
        include_str!("../../runtime/provider.tsx"),
    ),
    (
        "runtime/queryClient.ts",
        include_str!("../../runtime/queryClient.ts"),
    ),
    ("runtime/react.ts", include_str!("../../runtime/react.ts")),
    (
        "runtime/rendering.ts",
        include_str!("../../runtime/rendering.ts"),
    ),
    ("runtime/reply.ts", include_str!("../../runtime/reply.ts")),
    (
        "runtime/transport.ts",
        include_str!("../../runtime/transport.ts"),
    ),
    (
        "runtime/wireFormats.ts",
        include_str!("../../runtime/wireFormats.ts"),
    ),
    ("runtime/words.ts", include_str!("../../runtime/words.ts")),
];

/// The files that only apps with forms have.
pub(super) const FORM_FILES: [(&str, &str); 24] = [
    (
        "runtime/autoForm.tsx",
        include_str!("../../runtime/autoForm.tsx"),
    ),
    (
        "runtime/formComponents.ts",
        include_str!("../../runtime/formComponents.ts"),
    ),
    (
        "runtime/formControls.tsx",
        include_str!("../../runtime/formControls.tsx"),
    ),
    (
        "runtime/formDefinition.ts",
        include_str!("../../runtime/formDefinition.ts"),
    ),
    (
        "runtime/formDrawn.ts",
        include_str!("../../runtime/formDrawn.ts"),
    ),
    (
        "runtime/formErrors.ts",
        include_str!("../../runtime/formErrors.ts"),
    ),
    (
        "runtime/formField.tsx",
        include_str!("../../runtime/formField.tsx"),
    ),
    (
        "runtime/formFieldProps.ts",
        include_str!("../../runtime/formFieldProps.ts"),
    ),
    (
        "runtime/formFocus.ts",
        include_str!("../../runtime/formFocus.ts"),
    ),
    (
        "runtime/formHook.ts",
        include_str!("../../runtime/formHook.ts"),
    ),
    (
        "runtime/formInput.ts",
        include_str!("../../runtime/formInput.ts"),
    ),
    (
        "runtime/formList.tsx",
        include_str!("../../runtime/formList.tsx"),
    ),
    (
        "runtime/formLive.ts",
        include_str!("../../runtime/formLive.ts"),
    ),
    (
        "runtime/formModel.ts",
        include_str!("../../runtime/formModel.ts"),
    ),
    (
        "runtime/formParts.tsx",
        include_str!("../../runtime/formParts.tsx"),
    ),
    (
        "runtime/formPress.ts",
        include_str!("../../runtime/formPress.ts"),
    ),
    (
        "runtime/formStatus.ts",
        include_str!("../../runtime/formStatus.ts"),
    ),
    (
        "runtime/formSubmit.ts",
        include_str!("../../runtime/formSubmit.ts"),
    ),
    (
        "runtime/formSummary.tsx",
        include_str!("../../runtime/formSummary.tsx"),
    ),
    (
        "runtime/formToken.ts",
        include_str!("../../runtime/formToken.ts"),
    ),
    (
        "runtime/formUpload.ts",
        include_str!("../../runtime/formUpload.ts"),
    ),
    (
        "runtime/formValues.ts",
        include_str!("../../runtime/formValues.ts"),
    ),
    (
        "runtime/formVerdicts.ts",
        include_str!("../../runtime/formVerdicts.ts"),
    ),
    ("runtime/forms.ts", include_str!("../../runtime/forms.ts")),
];

/// The codes of the failures that the client finds by itself: `ClientCode` in `error.ts`.
pub(crate) const CLIENT_CODES: [&str; 3] = ["network", "aborted", "unreadable_reply"];

/// What every error has for itself: the members of `CallError` in `error.ts`.
pub(crate) const ERROR_MEMBERS: [&str; 10] = [
    "name",
    "message",
    "stack",
    "cause",
    "code",
    "status",
    "fields",
    "errorId",
    "outdated",
    "retryAfter",
];

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use std::collections::BTreeSet;

    use super::{CLIENT_CODES, ERROR_MEMBERS, FILES, FORM_FILES};
    use crate::typescript::channels;

    #[test]
    fn every_file_of_the_runtime_is_in_the_client() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/runtime");
        let on_disk: BTreeSet<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains(".ts") && !name.contains(".test."))
            .map(|name| format!("runtime/{name}"))
            .collect();
        let listed = FILES
            .iter()
            .chain(&FORM_FILES)
            .chain(&channels::RUNTIME)
            .map(|(path, _)| (*path).to_owned())
            .collect();
        assert_eq!(on_disk, listed);
    }

    #[test]
    fn codes_and_members_are_those_of_the_runtime() {
        let source = include_str!("../../runtime/error.ts");
        let codes = CLIENT_CODES.map(|code| format!("\"{code}\"")).join(" | ");
        assert!(source.contains(&format!("export type ClientCode = {codes};")));
        let (_, class) = source.split_once("export class CallError").unwrap();
        let declared = class
            .lines()
            .filter_map(|line| line.strip_prefix("  readonly "))
            .filter_map(|line| line.split([':', '?']).next());
        for member in declared {
            assert!(ERROR_MEMBERS.contains(&member), "{member}");
        }
    }
}
