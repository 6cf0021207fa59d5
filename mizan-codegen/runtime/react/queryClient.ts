import {
  QueryClient,
  hashKey,
  matchQuery,
  type Query,
} from "@tanstack/react-query";
import { CallError } from "../transport/error";
import type { FunctionKey } from "../transport/functions";
import type { Invalidation } from "../transport/invalidation";
import { retry } from "../transport/retry";

const retryPolicy = retry();

/**
 * Creates a `QueryClient` that retries queries after transient errors only.
 *
 * The delays are those of `retry()`. It never retries a mutation, because the server may have run it before
 * the reply was lost.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, error) => delayAfter(failures, error) !== undefined,
        retryDelay: (failures, error) => delayAfter(failures, error) ?? 0,
      },
      mutations: { retry: false },
    },
  });
}

/**
 * Invalidates the queries that a mutation made stale, and stores the data that it returned.
 *
 * Active queries refetch in the background and show their data until then. Inactive queries are fetched
 * when they are next used. An inactive query that failed or is pending is removed, so that its result does
 * not count as fresh later. `*` removes all inactive queries, because another user may have signed in.
 */
export function invalidateQueries(
  client: QueryClient,
  invalidations: readonly Invalidation[],
): void {
  const everything = invalidations.some(({ name }) => name === "*");
  const fresh = new Set<string>();
  for (const invalidation of everything ? [] : invalidations) {
    if (!invalidation.fresh) continue;
    const queryKey = keyOf(invalidation);
    // A request that is older than the mutation must not replace the data.
    void client.cancelQueries({ queryKey, exact: true });
    client.setQueryData(queryKey, invalidation.fresh.data);
    fresh.add(hashKey(queryKey));
  }

  const isAffected = (query: Query): boolean =>
    everything
      ? query.queryKey[0] === "mizan"
      : !fresh.has(query.queryHash) &&
        invalidations.some((invalidation) =>
          matchQuery({ queryKey: keyOf(invalidation) }, query),
        );
  const isSettled = ({ state }: Query): boolean =>
    state.status === "success" && state.fetchStatus === "idle";

  client.removeQueries({
    predicate: (query) =>
      isAffected(query) &&
      query.getObserversCount() === 0 &&
      (everything || !isSettled(query)),
  });
  void client.invalidateQueries({ predicate: isAffected });
}

/** Returns the key of a query. It is the prefix of the keys with more arguments. */
function keyOf({ name, input }: Invalidation): FunctionKey {
  return input === undefined ? ["mizan", name] : ["mizan", name, input];
}

/** Returns the delay before the next attempt, or `undefined`. `failures` does not count the last failure. */
function delayAfter(failures: number, error: Error): number | undefined {
  return error instanceof CallError
    ? retryPolicy(error as CallError, failures + 1)
    : undefined;
}
