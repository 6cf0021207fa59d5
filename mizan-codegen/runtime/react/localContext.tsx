import { hashKey, usePrefetchQuery } from "@tanstack/react-query";
import {
  Suspense,
  createContext,
  useContext,
  useDeferredValue,
  useState,
  type Context,
  type ReactNode,
} from "react";
import type { Query } from "../transport/functions";
import { useContextOf } from "./hooks";

/** React context that passes the input of a local context to its hook. */
export type LocalContext<I> = Context<{ readonly input: I } | undefined>;

/** Creates a local context: a query whose input comes from a provider above. */
export function createLocalContext<I>(): LocalContext<I> {
  return createContext<{ readonly input: I } | undefined>(undefined);
}

/** Props of the generated provider of a local context: the input's members, `children` and `fallback`. */
export type LocalProviderProps<I> = I & {
  readonly children?: ReactNode;
  /** Rendered while the data loads for the first time. The default is the fallback of the nearest `Suspense`. */
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
 * Sets the input of a local context and starts to fetch its data.
 *
 * After a change of the input, the page shows the data of the old input until the new data has arrived.
 */
export function LocalContextProvider<I, O, E>(
  props: LocalContextProviderProps<I, O, E>,
): ReactNode {
  const { context: LocalContext, query, input, fallback, children } = props;
  usePrefetchQuery(query.queryOptions(input));
  const current = useCurrentInput(input, hashKey(query.queryKey(input)));
  return (
    <LocalContext.Provider value={useDeferredValue(current)}>
      {fallback === undefined ? (
        children
      ) : (
        <Suspense fallback={fallback}>{children}</Suspense>
      )}
    </LocalContext.Provider>
  );
}

/** Returns the same object as long as `key` stays the same, although the props contain a new input each time. */
function useCurrentInput<I>(input: I, key: string): { readonly input: I } {
  const [current, setCurrent] = useState({ key, input });
  if (current.key === key) return current;
  const changed = { key, input };
  setCurrent(changed);
  return changed;
}

/** Returns the data of a local context. `names` are the names of its hook and provider, for the error. */
export function useLocalContextOf<I, O, E>(
  query: Query<I, O, E>,
  context: LocalContext<I>,
  names: { readonly hook: string; readonly provider: string },
): O {
  const provided = useContext(context);
  if (!provided) {
    throw new Error(
      `${names.hook}() requires a <${names.provider}> above the component that calls it`,
    );
  }
  return useContextOf(query, provided.input);
}
