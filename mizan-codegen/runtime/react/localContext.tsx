import { hashKey, usePrefetchQuery } from "@tanstack/react-query";
import {
  Suspense,
  createContext,
  useContext,
  useDeferredValue,
  useMemo,
  type Context,
  type ReactNode,
} from "react";
import type { Query } from "../transport/functions";
import { useContextOf } from "./hooks";

/** The input that the provider of a local context hands down. */
export type LocalContext<I> = Context<{ readonly input: I } | undefined>;

/** Creates a local context: a query whose input a provider above sets. */
export function createLocalContext<I>(): LocalContext<I> {
  return createContext<{ readonly input: I } | undefined>(undefined);
}

/** Props of a generated provider of a local context: the input, and what is not the server's. */
export type LocalProviderProps<I> = I & {
  readonly children?: ReactNode;
  /** Shown while the data loads for the first time; without it a boundary further up decides. */
  readonly fallback?: ReactNode;
};

interface LocalContextProviderProps<I, O, E> {
  readonly context: LocalContext<I>;
  readonly query: Query<I, O, E>;
  readonly input: I;
  readonly children?: ReactNode;
  readonly fallback?: ReactNode;
}

/**
 * Sets the input of a local context, and starts to fetch its data.
 *
 * When the input changes, the data of the old one stays on the page until that of the new one is
 * there.
 */
export function LocalContextProvider<I, O, E>(
  props: LocalContextProviderProps<I, O, E>,
): ReactNode {
  const { context: LocalContext, query, input, fallback, children } = props;
  usePrefetchQuery(query.queryOptions(input));
  // The props make a new input object at each render: only another key makes it another input.
  const value = useMemo(() => ({ input }), [hashKey(query.queryKey(input))]);
  return (
    <LocalContext.Provider value={useDeferredValue(value)}>
      {fallback === undefined ? (
        children
      ) : (
        <Suspense fallback={fallback}>{children}</Suspense>
      )}
    </LocalContext.Provider>
  );
}

/** Reads the data of a local context; `names` are those of its hook and provider, for the error. */
export function useLocalContextOf<I, O, E>(
  query: Query<I, O, E>,
  context: LocalContext<I>,
  names: { readonly hook: string; readonly provider: string },
): O {
  const provided = useContext(context);
  if (!provided) {
    throw new Error(
      `${names.hook}() needs a <${names.provider}> above it: wrap the component that calls it`,
    );
  }
  return useContextOf(query, provided.input);
}
