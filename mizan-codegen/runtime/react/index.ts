export {
  useContextOf,
  useMutationOf,
  useQueryOf,
  type MutationHookOptions,
  type QueryHookOptions,
} from "./hooks";
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
export { createQueryClient } from "./queryClient";
