import {
  useMutation,
  useQuery,
  useQueryClient,
  useSuspenseQuery,
  type UseMutationOptions,
  type UseMutationResult,
  type UseQueryOptions,
  type UseQueryResult,
} from "@tanstack/react-query";
import { hydrateQueryCache } from "./hydration";
import { CallError } from "../transport/error";
import type { Mutation, Query } from "../transport/functions";
import { serverFunctions } from "../transport/serverRendering";
import { transportOf, type Transport } from "../transport/transport";

/** Options of a generated mutation hook: those of `useMutation`, without the function and its key. */
export type MutationHookOptions<O, E, I> = Omit<
  UseMutationOptions<O, E, I>,
  "mutationFn" | "mutationKey"
>;

/** Options of a generated query hook: those of `useQuery`, without the function and its key. */
export type QueryHookOptions<O, E> = Omit<
  UseQueryOptions<O, E>,
  "queryFn" | "queryKey"
>;

/** Returns the mutation's state and the functions that call it. */
export function useMutationOf<I, O, E>(
  mutation: Pick<Mutation<I, O, E>, "mutationOptions">,
  options?: MutationHookOptions<O, E, I>,
): UseMutationResult<O, E, I> {
  return useMutation({ ...options, ...mutation.mutationOptions() });
}

/** Returns the result of a query. On the server the component suspends until the query has settled. */
export function useQueryOf<I, O, E>(
  query: Query<I, O, E>,
  input: I,
  options?: QueryHookOptions<O, E>,
): UseQueryResult<O, E> {
  const all = { ...options, ...query.queryOptions(input) };
  usePageData(query[transportOf], all.enabled === false ? [] : [all]);
  return useQuery(all);
}

/** Options that fetch a query. */
interface FetchOptions {
  readonly queryKey: readonly unknown[];
  readonly queryFn: (context: { readonly signal: AbortSignal }) => unknown;
}

/**
 * Adds the data that was embedded in the page to the cache. On the server, suspends until each of `queries` has
 * succeeded or failed.
 */
export function usePageData(
  { codecs }: Transport,
  queries: readonly FetchOptions[],
): void {
  const client = useQueryClient();
  if (!serverFunctions()) {
    hydrateQueryCache(client, codecs);
    return;
  }
  const open = queries.filter(({ queryKey }) => {
    const state = client.getQueryState(queryKey);
    return !state || state.status === "pending";
  });
  // Suspends. React 18 has no `use`.
  if (open.length > 0)
    throw Promise.all(open.map((query) => client.prefetchQuery(query)));
}

/**
 * Returns the data of a context. Suspends while it loads for the first time, and throws the error to the
 * nearest error boundary if that fails.
 *
 * The data is fetched again when a mutation affects it, or when the user returns to the page. If that
 * fails, the old data remains, except when the server reports that the user no longer has access.
 */
export function useContextOf<I, O, E>(query: Query<I, O, E>, input: I): O {
  usePageData(query[transportOf], []);
  const { data, error, isFetching } = useSuspenseQuery({
    ...query.queryOptions(input),
    staleTime: Infinity,
    refetchOnReconnect: "always",
    refetchOnWindowFocus: "always",
  });
  if (
    !isFetching &&
    error instanceof CallError &&
    [401, 403].includes(error.status)
  )
    throw error;
  return data;
}
