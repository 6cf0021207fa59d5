import type { Query, QueryClient } from "@tanstack/react-query";
import { connectionOf, paramsToJson } from "../channels/connection";
import {
  transportOf,
  type Connected,
  type Transport,
} from "../transport/transport";
import { LiveQuery, type LiveTarget } from "./liveQuery";

/** An integer that a number cannot hold, in a key. */
const exactIntegers = /"(-?\d{16,})n"/g;

/**
 * Keeps the live queries of a cache up to date while they are observed. Returns a function that ends this.
 *
 * `MizanProvider` does it for its cache.
 */
export function followLiveQueries(
  client: QueryClient,
  api: Connected,
): () => void {
  const transport = api[transportOf];
  const cache = client.getQueryCache();
  const followed = new Map<Query, LiveQuery>();

  /** Subscribes to a query while it is observed and has data, because the subscription continues from the data. */
  function update(query: Query): void {
    const target = targetOf(transport, query);
    if (!target) return;
    const isObserved = query.isActive() && query.state.data !== undefined;
    const live = followed.get(query);
    if (isObserved && !live) {
      const connection = connectionOf(transport);
      followed.set(query, new LiveQuery(client, connection, query, target));
    }
    if (!isObserved && live) {
      followed.delete(query);
      live.stop();
    }
  }

  const stopListening = cache.subscribe((event) => {
    const query = event.query as Query;
    followed.get(query)?.handle(event);
    update(query);
  });
  for (const query of cache.getAll()) update(query);
  return () => {
    stopListening();
    for (const live of followed.values()) live.stop();
    followed.clear();
  };
}

/** Returns the subscription to a query, or `undefined` if the query is not live. */
function targetOf(
  transport: Transport,
  { queryKey }: Query,
): LiveTarget | undefined {
  const [owner, name, input] = queryKey;
  if (owner !== "mizan" || typeof name !== "string") return undefined;
  const codec = transport.queries.get(name);
  if (!codec?.live) return undefined;
  const json = paramsToJson({ name }, input);
  return {
    name,
    contract: transport.contracts[name],
    paramsJson: json.replace(exactIntegers, "$1"),
    codec,
  };
}
