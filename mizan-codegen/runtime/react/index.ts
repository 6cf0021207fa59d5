export { deferred, type DeferredOptions } from "./deferred";
export {
  useContextOf,
  useMutationOf,
  useQueryOf,
  type MutationHookOptions,
  type QueryHookOptions,
} from "./hooks";
export {
  useInfiniteQueryOf,
  type InfiniteHookOptions,
  type InfiniteHookResult,
} from "./infiniteHooks";
export {
  LocalContextProvider,
  createLocalContext,
  useLocalContextOf,
  type LocalContext,
  type LocalProviderProps,
} from "./localContext";
export {
  ApiProvider,
  type GlobalContext,
  type ProviderProps,
} from "./provider";
export { optimistic, update, type OptimisticOptions } from "./optimistic";
export { pageNonce } from "./pageNonce";
export { createQueryClient } from "./queryClient";
export {
  useStreamOf,
  type StreamHookOptions,
  type StreamResult,
} from "./streamHooks";
export type { Download } from "../transport/download";
export type { PagesInput } from "../transport/pages";
export type { Redirect } from "../transport/redirect";
