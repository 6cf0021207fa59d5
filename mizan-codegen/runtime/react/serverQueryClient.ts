import {
  QueryClient,
  skipToken,
  type DefaultedQueryObserverOptions,
  type Query,
  type QueryKey,
} from "@tanstack/react-query";
import type { ServerFunctions } from "../transport/serverRendering";
import { createQueryClient } from "./queryClient";

/**
 * Creates the cache for rendering one page on the server, with the default options of `given`.
 *
 * Using `given` itself would show its data to the user who requests the next page. Each hook of TanStack Query
 * that reads a query of mizan suspends until the query has settled, so that the page contains its data.
 */
export function createServerQueryClient(
  functions: ServerFunctions,
  given?: QueryClient,
): QueryClient {
  const client = given
    ? new QueryClient({ defaultOptions: given.getDefaultOptions() })
    : createQueryClient();
  client.setQueryDefaults(["mizan"], {
    retry: false,
    refetchOnMount: false,
    retryOnMount: false,
  });
  suspendUntilSettled(client);
  embedOtherQueries(client, functions);
  return client;
}

type DefaultedOptions = DefaultedQueryObserverOptions;

/** Sets the option `suspense` of each query of mizan that has neither data nor an error yet. */
function suspendUntilSettled(client: QueryClient): void {
  const withDefaults = client.defaultQueryOptions.bind(client);
  client.defaultQueryOptions = ((options: DefaultedOptions) => {
    const defaulted = withDefaults(options) as DefaultedOptions;
    // The cache passes options with defaults, and hooks pass options without them.
    if (
      options._defaulted ||
      !isOwn(defaulted.queryKey) ||
      !isPending(client, defaulted)
    )
      return defaulted;
    const waiting = { ...defaulted, suspense: true };
    delete waiting.placeholderData;
    return waiting;
  }) as QueryClient["defaultQueryOptions"];
}

function isOwn(key: QueryKey | undefined): boolean {
  return key?.[0] === "mizan";
}

/** Returns whether a hook with these options waits for its first data. */
function isPending(client: QueryClient, options: DefaultedOptions): boolean {
  const { enabled, queryFn, queryHash } = options;
  const cache = client.getQueryCache();
  const status = cache.get(queryHash)?.state.status ?? "pending";
  if (status !== "pending" || !queryFn || queryFn === skipToken) return false;
  const isEnabled =
    typeof enabled === "function"
      ? enabled(cache.build(client, options))
      : enabled;
  return isEnabled !== false;
}

/** Embeds the data of queries with other keys, which components read with `useSuspenseQuery`. */
function embedOtherQueries(
  client: QueryClient,
  functions: ServerFunctions,
): void {
  client.getQueryCache().subscribe((event) => {
    if (event.type !== "updated" || event.action.type !== "success") return;
    const { queryKey: key, state } = event.query as Query;
    // The browser fetches data that JSON cannot express.
    if (!isOwn(key) && isJson(key) && isJson(state.data))
      functions.embed(JSON.stringify({ key, data: state.data }));
  });
}

/** Returns whether a value is the same after it was converted to JSON and back. */
function isJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null)
    return ["boolean", "object", "string"].includes(typeof value);
  if (Array.isArray(value)) return value.every(isJson);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  // An absent member and one that is `undefined` have the same value.
  return Object.values(value).every(
    (member) => member === undefined || isJson(member),
  );
}
