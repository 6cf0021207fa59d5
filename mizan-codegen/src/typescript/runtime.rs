//! The TypeScript runtime that every generated client includes.

/// Embeds files of the runtime. Their paths are the same here and in a generated client.
macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../", $path)))),*]
    };
}

/// The files of every client.
pub(super) const COMMON_FILES: &[(&str, &str)] = files![
    "runtime/codecs/brands.ts",
    "runtime/codecs/bytes.ts",
    "runtime/codecs/dates.ts",
    "runtime/codecs/integers.ts",
    "runtime/codecs/untyped.ts",
    "runtime/mock/mock.ts",
    "runtime/navigation/announce.ts",
    "runtime/navigation/clicks.ts",
    "runtime/navigation/dataStream.ts",
    "runtime/navigation/head.ts",
    "runtime/navigation/lines.ts",
    "runtime/navigation/link.tsx",
    "runtime/navigation/localPath.ts",
    "runtime/navigation/lru.ts",
    "runtime/navigation/navigate.ts",
    "runtime/navigation/navigationState.ts",
    "runtime/navigation/navigator.ts",
    "runtime/navigation/outcome.ts",
    "runtime/navigation/pageRequest.ts",
    "runtime/navigation/prefetcher.ts",
    "runtime/navigation/progressBar.ts",
    "runtime/navigation/scrollPositions.ts",
    "runtime/navigation/sessionHistory.ts",
    "runtime/navigation/useNavigation.ts",
    "runtime/navigation/viewTransition.ts",
    "runtime/react/currentPage.ts",
    "runtime/react/deferred.tsx",
    "runtime/react/freshness.ts",
    "runtime/react/hooks.ts",
    "runtime/react/hydratePage.ts",
    "runtime/react/hydration.ts",
    "runtime/react/index.ts",
    "runtime/react/infiniteHooks.ts",
    "runtime/react/localContext.tsx",
    "runtime/react/optimistic.ts",
    "runtime/react/pageData.ts",
    "runtime/react/pageNonce.ts",
    "runtime/react/pageOutcome.ts",
    "runtime/react/pageRecovery.ts",
    "runtime/react/pageRoot.tsx",
    "runtime/react/provider.tsx",
    "runtime/react/queryClient.ts",
    "runtime/react/serverQueryClient.ts",
    "runtime/react/streamHooks.ts",
    "runtime/react/streamStore.ts",
    "runtime/transport/attempts.ts",
    "runtime/transport/batch.ts",
    "runtime/transport/codec.ts",
    "runtime/transport/crossTab.ts",
    "runtime/transport/download.ts",
    "runtime/transport/downloads.ts",
    "runtime/transport/error.ts",
    "runtime/transport/eventStream.ts",
    "runtime/transport/functions.ts",
    "runtime/transport/index.ts",
    "runtime/transport/invalidation.ts",
    "runtime/transport/json.ts",
    "runtime/transport/livePosition.ts",
    "runtime/transport/multipart.ts",
    "runtime/transport/pages.ts",
    "runtime/transport/partStream.ts",
    "runtime/transport/redirect.ts",
    "runtime/transport/redirects.ts",
    "runtime/transport/response.ts",
    "runtime/transport/retry.ts",
    "runtime/transport/serverRendering.ts",
    "runtime/transport/streams.ts",
    "runtime/transport/transport.ts",
    "runtime/validation/checks.ts",
    "runtime/validation/email.ts",
    "runtime/validation/errorMessages.ts",
    "runtime/validation/formats.ts",
    "runtime/validation/lazy.ts",
    "runtime/validation/messages.ts",
    "runtime/validation/zod.ts",
];

/// The files that only clients with conversions include.
pub(super) const CODEC_FILES: &[(&str, &str)] =
    files!["runtime/codecs/index.ts", "runtime/codecs/unions.ts",];

/// The file that only clients with classes of `Temporal` include.
pub(super) const TEMPORAL_FILE: (&str, &str) = files!["runtime/codecs/temporal.ts"][0];

/// The import in [`TEMPORAL_FILE`] that clients with the global `Temporal` do not have.
pub(super) const POLYFILL_IMPORT: &str = "import { Temporal } from \"temporal-polyfill\";\n";

/// The files that only clients with forms include.
pub(super) const FORM_FILES: &[(&str, &str)] = files![
    "runtime/forms/autoForm.tsx",
    "runtime/forms/components.ts",
    "runtime/forms/controller.ts",
    "runtime/forms/controls.tsx",
    "runtime/forms/createController.ts",
    "runtime/forms/deferWhilePointerDown.ts",
    "runtime/forms/definition.ts",
    "runtime/forms/errorSummary.tsx",
    "runtime/forms/errors.ts",
    "runtime/forms/field.tsx",
    "runtime/forms/fieldProps.ts",
    "runtime/forms/focus.ts",
    "runtime/forms/index.ts",
    "runtime/forms/inputProps.ts",
    "runtime/forms/lazySchema.ts",
    "runtime/forms/list.tsx",
    "runtime/forms/liveValidation.ts",
    "runtime/forms/moments.ts",
    "runtime/forms/options.ts",
    "runtime/forms/parts.tsx",
    "runtime/forms/renderedFields.ts",
    "runtime/forms/serverErrors.ts",
    "runtime/forms/stateQuery.ts",
    "runtime/forms/store.ts",
    "runtime/forms/submissionToken.ts",
    "runtime/forms/submit.ts",
    "runtime/forms/uploadProgress.ts",
    "runtime/forms/useForm.ts",
    "runtime/forms/values.ts",
    "runtime/forms/wire.ts",
];

/// The files that only clients with live queries include, in addition to those of channels.
pub(super) const LIVE_FILES: &[(&str, &str)] = files![
    "runtime/live/followLiveQueries.ts",
    "runtime/live/index.ts",
    "runtime/live/liveQuery.ts",
];

/// The files that only clients with channels or live queries include.
pub(super) const CHANNEL_FILES: &[(&str, &str)] = files![
    "runtime/channels/closeCodes.ts",
    "runtime/channels/codec.ts",
    "runtime/channels/connection.ts",
    "runtime/channels/error.ts",
    "runtime/channels/frameRateLimiter.ts",
    "runtime/channels/frames.ts",
    "runtime/channels/hooks.ts",
    "runtime/channels/index.ts",
    "runtime/channels/log.ts",
    "runtime/channels/pageResume.ts",
    "runtime/channels/persistence.ts",
    "runtime/channels/requests.ts",
    "runtime/channels/socket.ts",
    "runtime/channels/subscribe.ts",
    "runtime/channels/subscription.ts",
    "runtime/channels/types.ts",
];

/// Codes of failures that the client itself detects: `ClientCode` in `transport/error.ts`.
pub(crate) const CLIENT_CODES: [&str; 4] = ["network", "aborted", "timeout", "unreadable_reply"];

/// Members that every error has: the members of `CallError` in `transport/error.ts`.
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
#[expect(clippy::unwrap_used, reason = "a failing unwrap fails the test")]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{
        CHANNEL_FILES, CLIENT_CODES, CODEC_FILES, COMMON_FILES, ERROR_MEMBERS, FORM_FILES,
        LIVE_FILES, POLYFILL_IMPORT, TEMPORAL_FILE,
    };

    #[test]
    fn embeds_every_file_of_the_runtime() {
        let mut on_disk = BTreeSet::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in std::fs::read_dir(root.join("runtime")).unwrap() {
            let folder = folder.unwrap().path();
            if folder.ends_with("tests") {
                continue;
            }
            for file in std::fs::read_dir(folder).unwrap() {
                let path = file.unwrap().path();
                let path = path.strip_prefix(root).unwrap().to_str().unwrap();
                on_disk.insert(path.replace('\\', "/"));
            }
        }
        let embedded = COMMON_FILES
            .iter()
            .chain(FORM_FILES)
            .chain(CHANNEL_FILES)
            .chain(LIVE_FILES)
            .chain(CODEC_FILES)
            .chain(&[TEMPORAL_FILE])
            .map(|(path, _)| (*path).to_owned())
            .collect();
        assert_eq!(on_disk, embedded);
    }

    #[test]
    fn temporal_file_imports_the_polyfill() {
        assert!(TEMPORAL_FILE.1.starts_with(POLYFILL_IMPORT));
    }

    #[test]
    fn codes_and_members_match_the_runtime() {
        let source = include_str!("../../runtime/transport/error.ts");
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
