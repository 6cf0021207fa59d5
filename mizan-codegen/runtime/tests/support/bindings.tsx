import type { UseMutationResult, UseQueryResult } from "@tanstack/react-query";
import { createContext, useContext, type ReactNode } from "react";
import {
  ApiProvider,
  LocalContextProvider,
  createLocalContext,
  useContextOf,
  useLocalContextOf,
  useMutationOf,
  useQueryOf,
  type GlobalContext,
  type LocalProviderProps,
  type MutationHookOptions,
  type ProviderProps,
  type QueryHookOptions,
} from "../../react";
import {
  createApi,
  type Api,
  type CommonError,
  type GreetInput,
  type Greeting,
  type Post,
  type PostError,
  type PostInput,
  type RenameError,
  type RenameInput,
  type Settings,
  type User,
} from "./api";

/** Hand-written counterpart of a generated `react.tsx`. */
const ApiContext = createContext<Api>(createApi());

export function MizanProvider(props: ProviderProps<Api>): ReactNode {
  return (
    <ApiProvider
      {...props}
      context={ApiContext}
      globalContexts={globalContexts}
    />
  );
}

function globalContexts(api: Api): readonly GlobalContext[] {
  return [api.currentUser, api.settings];
}

export function useApi(): Api {
  return useContext(ApiContext);
}

export function useRename(
  options?: MutationHookOptions<Post, RenameError, RenameInput>,
): UseMutationResult<Post, RenameError, RenameInput> {
  return useMutationOf(useApi().rename, options);
}

export function useSignOut(
  options?: MutationHookOptions<null, CommonError, void>,
): UseMutationResult<null, CommonError, void> {
  return useMutationOf(useApi().signOut, options);
}

export function usePost(
  input: PostInput,
  options?: QueryHookOptions<Post, PostError>,
): UseQueryResult<Post, PostError> {
  return useQueryOf(useApi().post, input, options);
}

export function useCurrentUser(): User | null {
  return useContextOf(useApi().currentUser, undefined);
}

export function useSettings(): Settings {
  return useContextOf(useApi().settings, undefined);
}

const GreetContext = createLocalContext<GreetInput>();

export function GreetProvider({
  children,
  fallback,
  ...input
}: LocalProviderProps<GreetInput>): ReactNode {
  return (
    <LocalContextProvider
      context={GreetContext}
      query={useApi().greet}
      input={input}
      fallback={fallback}
    >
      {children}
    </LocalContextProvider>
  );
}

export function useGreet(): Greeting {
  return useLocalContextOf(useApi().greet, GreetContext, {
    hook: "useGreet",
    provider: "GreetProvider",
  });
}
