import {
  useMutation,
  useQuery,
  useSuspenseQuery,
  type UseMutationOptions,
  type UseMutationResult,
  type UseQueryOptions,
  type UseQueryResult,
} from "@tanstack/react-query";
import { CallError } from "./error";
import type { Mutation, Query } from "./functions";

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

/** Reads a query from a component. */
export function useQueryOf<I, O, E>(
  query: Query<I, O, E>,
  input: I,
  options?: QueryHookOptions<O, E>,
): UseQueryResult<O, E> {
  return useQuery({ ...options, ...query.queryOptions(input) });
}

/**
 * Reads the data of a context. Suspends until it is there, throws the failure to the nearest error
 * boundary.
 *
 * It is fetched once, and again when a mutation affects it or the user comes back to the page. Where
 * that fails the data stays, unless the server says that the user may not see it any more.
 */
export function useContextOf<I, O, E>(query: Query<I, O, E>, input: I): O {
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
