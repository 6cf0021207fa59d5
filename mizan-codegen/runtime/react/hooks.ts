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

/** Options of a generated mutation hook: all of `useMutation` but what to call. */
export type MutationHookOptions<O, E, I> = Omit<
  UseMutationOptions<O, E, I>,
  "mutationFn" | "mutationKey"
>;

/** Options of a generated query hook: all of `useQuery` but what to call. */
export type QueryHookOptions<O, E> = Omit<
  UseQueryOptions<O, E>,
  "queryFn" | "queryKey"
>;

/** Calls a mutation from a component. */
export function useMutationOf<I, O, E>(
  mutation: Mutation<I, O, E>,
  options?: MutationHookOptions<O, E, I>,
): UseMutationResult<O, E, I> {
  return useMutation({ ...options, ...mutation.mutationOptions() });
}

/** Reads a query from a component. On the server the component waits for the answer. */
export function useQueryOf<I, O, E>(
  query: Query<I, O, E>,
  input: I,
  options?: QueryHookOptions<O, E>,
): UseQueryResult<O, E> {
  const all = { ...options, ...query.queryOptions(input) };
  usePageData(all.enabled === false ? [] : [all]);
  return useQuery(all);
}

/** What it takes to ask a query. */
interface Asking {
  readonly queryKey: readonly unknown[];
  readonly queryFn: (context: { readonly signal: AbortSignal }) => unknown;
}

/**
 * Has what the page brought along ready. On the server, suspends until every one of `queries` is
 * answered, be it with a failure.
 */
export function usePageData(queries: readonly Asking[]): void {
  const client = useQueryClient();
  if (!serverFunctions()) {
    hydrateQueryCache(client);
    return;
  }
  const open = queries.filter(({ queryKey }) => {
    const state = client.getQueryState(queryKey);
    return !state || state.status === "pending";
  });
  // What React suspends on; `use` would do the same, where React has it.
  if (open.length > 0)
    throw Promise.all(open.map((query) => client.prefetchQuery(query)));
}

/**
 * Reads the data of a context. Suspends until it is there, throws the failure to the nearest error
 * boundary.
 *
 * It is fetched once, and again when a mutation affects it or the user comes back to the page. Where
 * that fails the data stays, unless the server says that the user may not see it any more.
 */
export function useContextOf<I, O, E>(query: Query<I, O, E>, input: I): O {
  usePageData([]);
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
