import {
  useMutation,
  useQuery,
  useSuspenseQuery,
  type UseMutationOptions,
  type UseMutationResult,
  type UseQueryOptions,
  type UseQueryResult,
} from "@tanstack/react-query";
import { CallError } from "../transport/error";
import type { Mutation, Query } from "../transport/functions";

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
  return useQuery({ ...options, ...query.queryOptions(input) });
}

/**
 * Returns the data of a context. Suspends while it loads for the first time, and throws the error to the
 * nearest error boundary if that fails.
 *
 * The data is fetched again when a mutation affects it, or when the user returns to the page. If that
 * fails, the old data remains, except when the server reports that the user no longer has access.
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
