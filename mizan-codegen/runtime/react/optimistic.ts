import type {
  MutationFunctionContext,
  Query as CachedQuery,
  QueryClient,
  QueryKey,
} from "@tanstack/react-query";
import type { FunctionKey } from "../transport/functions";

/** A query whose cached data can be changed. */
interface ReadableQuery<Q, O> {
  /** Calls the query; only its types are used. */
  (input: Q): Promise<O>;
  queryKey(input?: Q): FunctionKey;
}

/** A change of cached data, from {@link update}, for the input `I` of a mutation. */
export interface OptimisticUpdate<I> {
  /** The key of the queries, or the prefix of their keys. */
  key(input: I): FunctionKey;
  apply(data: unknown, input: I): unknown;
}

/** Options of a mutation hook that change cached data before the server replies. */
export interface OptimisticOptions<I> {
  readonly onMutate: (input: I, context: MutationFunctionContext) => unknown;
  readonly onError: (error: unknown, input: I, pending: unknown) => void;
  readonly onSuccess: (output: unknown, input: I, pending: unknown) => void;
}

/**
 * Describes how a mutation changes the cached data of a query.
 *
 * `input` returns the input of the query; without its arguments, or with some of them, the data of all
 * matching inputs changes. `change` returns the new data and leaves the old data unchanged. For an infinite
 * query, it is called for each page.
 */
export function update<I, Q, O>(
  query: ReadableQuery<Q, O>,
  input: (input: I) => Partial<Q> | undefined,
  change: (data: O, input: I) => O,
): OptimisticUpdate<I> {
  return {
    key: (given) => query.queryKey(input(given) as Q | undefined),
    apply: (data, given) => change(data as O, given),
  };
}

/**
 * Changes cached data before the server replies:
 *
 * ```tsx
 * const rename = useRename(
 *   optimistic(
 *     update(api.post, ({ id }) => ({ id }), (post, { title }) => ({ ...post, title })),
 *   ),
 * );
 * ```
 *
 * A failed mutation takes back only its own change, and fetches the query again. While several mutations
 * are pending, data from the server is shown with the changes of those that are still pending.
 */
export function optimistic<I>(
  ...updates: readonly OptimisticUpdate<I>[]
): OptimisticOptions<I> {
  function settle(pending: unknown, succeeded: boolean): void {
    if (Array.isArray(pending))
      for (const change of pending as PendingChange[]) change.settle(succeeded);
  }
  return {
    onMutate: (input, { client }) =>
      updates.flatMap((update) =>
        client
          .getQueryCache()
          .findAll({ queryKey: update.key(input) })
          .filter(({ state }) => state.data !== undefined)
          .map((query) =>
            overlayOf(client, query).add((data) =>
              isPaged(query.queryKey)
                ? mapPages(data, (page) => update.apply(page, input))
                : update.apply(data, input),
            ),
          ),
      ),
    onError: (_error, _input, pending) => settle(pending, false),
    onSuccess: (_output, _input, pending) => settle(pending, true),
  };
}

/** A change of one query, until its mutation has settled. */
interface PendingChange {
  settle(succeeded: boolean): void;
}

/** The pending changes of one query. */
interface Overlay {
  add(change: (data: unknown) => unknown): PendingChange;
  /** Fetches the query again when no change is pending any more. */
  markStale(): void;
}

const overlays = new WeakMap<CachedQuery, Overlay>();

/**
 * Fetches a query again when its pending changes have settled: until then, data of the server might contain some of
 * them already. Returns false if no change is pending.
 */
export function refetchWhenSettled(query: CachedQuery): boolean {
  const overlay = overlays.get(query);
  overlay?.markStale();
  return overlay !== undefined;
}

/** Returns whether optimistic changes of a query are pending. */
export function hasPendingChanges(query: CachedQuery): boolean {
  return overlays.has(query);
}

function overlayOf(client: QueryClient, query: CachedQuery): Overlay {
  let overlay = overlays.get(query);
  if (!overlay) {
    overlay = createOverlay(client, query);
    overlays.set(query, overlay);
  }
  return overlay;
}

/** Shows the data of the server with the pending changes, in the order in which they were made. */
function createOverlay(client: QueryClient, query: CachedQuery): Overlay {
  const { queryKey } = query;
  const changes = new Set<(data: unknown) => unknown>();
  /** The data without pending changes. */
  let base: unknown = query.state.data;
  let shown: unknown = base;
  let isShowing = false;
  /** Set if the last mutation that succeeded returned the data. */
  let isReturned = false;
  /** Set if the data has to be fetched again. */
  let isStale = false;

  function show(): void {
    const { isInvalidated } = query.state;
    let data = base;
    for (const change of changes) data = change(data);
    isShowing = true;
    client.setQueryData(queryKey, data);
    isShowing = false;
    shown = query.state.data;
    if (isInvalidated) query.invalidate();
  }

  const unsubscribe = client.getQueryCache().subscribe((event) => {
    if (event.query !== query || isShowing) return;
    if (event.type !== "updated" || query.state.data === shown) return;
    base = query.state.data;
    isReturned = event.action.type === "success" && !!event.action.manual;
    show();
  });

  function settle(
    change: (data: unknown) => unknown,
    succeeded: boolean,
  ): void {
    if (succeeded && !isReturned) base = change(base);
    if (!succeeded || !isReturned) isStale = true;
    isReturned = false;
    changes.delete(change);
    show();
    if (changes.size > 0) return;
    unsubscribe();
    overlays.delete(query);
    // The reply may have invalidated the query already.
    const isFetching = succeeded && query.state.fetchStatus !== "idle";
    if (isStale && !isFetching)
      void client.invalidateQueries({ queryKey, exact: true });
  }

  return {
    add(change) {
      if (query.state.fetchStatus !== "idle") {
        // The reply to an older request would replace the change.
        void query.cancel({ revert: true });
        isStale = true;
      }
      changes.add(change);
      show();
      return { settle: (succeeded) => settle(change, succeeded) };
    },
    markStale: () => {
      isStale = true;
    },
  };
}

/** Returns whether a key belongs to an infinite query. */
function isPaged(key: QueryKey): boolean {
  return key[3] === "pages";
}

function mapPages(data: unknown, change: (page: unknown) => unknown): unknown {
  const { pages, ...rest } = data as { readonly pages: readonly unknown[] };
  return { ...rest, pages: pages.map(change) };
}
