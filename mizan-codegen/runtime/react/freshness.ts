import {
  hashKey,
  type QueryClient,
  type QueryKey,
} from "@tanstack/react-query";

/** Time in milliseconds for which data that was embedded in the page counts as fresh. */
const freshFor = 30_000;

/** Time at which the data of each hydrated query was found in the page. */
const hydratedAt = new WeakMap<object, number>();

/** Records that the data of a query was embedded in the page and found at `time`. */
export function markHydrated(query: object, time: number): void {
  hydratedAt.set(query, time);
}

/** Returns whether the query's data was embedded in the page and still counts as fresh. */
function isFreshlyHydrated(query: object): boolean {
  return Date.now() - (hydratedAt.get(query) ?? -Infinity) < freshFor;
}

/** Keys that are configured, by client. */
const configured = new WeakMap<QueryClient, Set<string>>();

/**
 * Treats data that was embedded in the page as fresh, so that components do not fetch it again on mount. Applies
 * to all queries whose keys begin with `key`.
 */
export function treatHydratedDataAsFresh(
  client: QueryClient,
  key: QueryKey = ["mizan"],
): void {
  const keys = configured.get(client) ?? new Set();
  configured.set(client, keys);
  const hash = hashKey(key);
  if (keys.has(hash)) return;
  keys.add(hash);
  const { refetchOnMount = true, retryOnMount = true } =
    client.getDefaultOptions().queries ?? {};
  client.setQueryDefaults(key, {
    ...client.getQueryDefaults(key),
    refetchOnMount: (query) =>
      !isFreshlyHydrated(query) && valueFor(query, refetchOnMount),
    retryOnMount: (query) =>
      !isFreshlyHydrated(query) && valueFor(query, retryOnMount),
  });
}

function valueFor<T, Q>(query: Q, option: T | ((query: Q) => T)): T {
  return typeof option === "function"
    ? (option as (query: Q) => T)(query)
    : option;
}
