import {
  useInfiniteQuery,
  type InfiniteData,
  type QueryFunction,
  type UseInfiniteQueryOptions,
  type UseInfiniteQueryResult,
} from "@tanstack/react-query";
import type { FunctionKey } from "../transport/functions";
import type { PageParam, PagedQuery, PagesInput } from "../transport/pages";

/** The pages of an infinite query. */
export type Pages<I, O, C extends keyof I> = InfiniteData<O, PageParam<I, C>>;

/** Options of a generated infinite query hook: those of `useInfiniteQuery`, without the function, its key and its cursors. */
export type InfiniteHookOptions<I, O, E, C extends keyof I> = Omit<
  UseInfiniteQueryOptions<O, E, Pages<I, O, C>, FunctionKey, PageParam<I, C>>,
  "getNextPageParam" | "initialPageParam" | "queryFn" | "queryKey"
>;

/** The result of a generated infinite query hook. */
export type InfiniteHookResult<
  I,
  O,
  E,
  C extends keyof I,
> = UseInfiniteQueryResult<Pages<I, O, C>, E>;

/** Returns the result of an infinite query. On the server the component suspends until the first page has settled. */
export function useInfiniteQueryOf<I, O, E, C extends keyof I>(
  query: PagedQuery<I, O, E, C>,
  input: PagesInput<I, C>,
  options?: InfiniteHookOptions<I, O, E, C>,
): InfiniteHookResult<I, O, E, C> {
  const { queryFn, ...cursors } = query.infiniteQueryOptions(input);
  return useInfiniteQuery({
    ...options,
    ...cursors,
    // TypeScript cannot resolve the type of the function's context for a generic cursor.
    queryFn: queryFn as QueryFunction<O, FunctionKey, PageParam<I, C>>,
  });
}
