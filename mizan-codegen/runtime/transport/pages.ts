import type { Codec } from "./codec";
import {
  query,
  withPosition,
  type FunctionKey,
  type LiveCallOptions,
  type Query,
  type QueryContext,
  type QueryDelivery,
  type QueryOptions,
  type RequestOptions,
} from "./functions";
import type { Transport } from "./transport";

/** The input of a query with pages, without the cursor `C`. */
export type PagesInput<I, C extends keyof I> = Omit<I, C>;

/** A cursor, or `undefined` for the first page. */
export type PageParam<I, C extends keyof I> =
  Exclude<I[C], null | undefined> | undefined;

/** A query that returns its results in pages. Its input has the cursor `C`. */
export interface PagedQuery<I, O, E, C extends keyof I> extends Query<I, O, E> {
  /** The key of the infinite query for `input`, which has no cursor. */
  infiniteQueryKey(input: PagesInput<I, C>): FunctionKey;
  /** Options for TanStack Query: `useInfiniteQuery(api.posts.infiniteQueryOptions({ tag }))`. */
  infiniteQueryOptions(
    input: PagesInput<I, C>,
    options?: RequestOptions,
  ): InfiniteQueryOptions<O, E, PageParam<I, C>>;
}

/** Options for `useInfiniteQuery` and the other functions for infinite queries of TanStack Query. */
export interface InfiniteQueryOptions<O, E, P> extends Pick<
  QueryOptions<O, E>,
  "queryKey" | "retryDelay"
> {
  readonly queryFn: (
    context: QueryContext & { readonly pageParam: P },
  ) => Promise<O>;
  readonly initialPageParam: P;
  readonly getNextPageParam: (page: O) => P | null;
}

/** The names of the cursors of a query with pages. */
export interface Cursors<C> {
  /** The argument that takes the cursor. */
  readonly cursor: C;
  /** The member of the output with the cursor of the next page. */
  readonly next: string;
}

/** Creates the query with pages with the name `name` on the wire. */
export function pagedQuery<I, O, E, C extends keyof I & string>(
  transport: Transport,
  name: string,
  { cursor, next, ...options }: Cursors<C> & QueryDelivery & Codec<I>,
): PagedQuery<I, O, E, C> {
  const plain = query<I, O, E>(transport, name, options);
  transport.queries.set(name, { ...transport.queries.get(name), cursor });
  const infiniteQueryKey = (input: PagesInput<I, C>): FunctionKey =>
    infiniteKey(plain.queryKey(input as I));
  return Object.assign(plain, {
    infiniteQueryKey,
    infiniteQueryOptions: (
      input: PagesInput<I, C>,
      request?: RequestOptions,
    ): InfiniteQueryOptions<O, E, PageParam<I, C>> => ({
      queryKey: infiniteQueryKey(input),
      queryFn: (context) => {
        const { signal, pageParam } = context;
        const options = { ...request, signal, retry: false as const };
        // The first page is the oldest one.
        if (pageParam === undefined)
          return withPosition(context, (onPosition) =>
            plain(input as I, { ...options, onPosition } as LiveCallOptions),
          );
        return plain({ ...input, [cursor]: pageParam } as I, options);
      },
      initialPageParam: undefined,
      getNextPageParam: (page) =>
        ((page as Readonly<Record<string, unknown>>)[next] ??
          null) as PageParam<I, C> | null,
    }),
  });
}

/**
 * Returns the key of an infinite query, whose first page has the key `key` as a query of its own. The data of
 * the two has different shapes.
 */
export function infiniteKey(key: FunctionKey): FunctionKey {
  return [...key, "pages"];
}
