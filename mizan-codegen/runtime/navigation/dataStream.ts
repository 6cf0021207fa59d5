import type { QueryKey } from "@tanstack/react-query";
import {
  hydrateQueryCache,
  queryKeysOf,
  receiveData,
  type Embedded,
  type EmbeddedResult,
} from "../react/hydration";
import { pageCaches, type PageCache } from "../react/pageData";
import { parseJson } from "../transport/json";
import type { LineReceiver } from "./pageRequest";

/** A call that the server has not completed yet. */
type PendingCall = Pick<EmbeddedResult, "name" | "input">;

/** The members of a line that concern the cache. */
interface DataLine {
  readonly results?: readonly Embedded[];
  readonly pending?: readonly PendingCall[];
}

/** Passes the data of a response to the caches of the page. */
export interface DataStream extends LineReceiver {
  /** Handles data of queries that a module has created since the data arrived. */
  retry(): void;
  /** Lets components fetch the data that has not arrived. */
  cancel(): void;
}

/** Creates the stream of one response. */
export function createDataStream(): DataStream {
  /** Calls whose results have not arrived, by name and input. */
  const expected = new Map<string, Expectation>();
  /** Pending calls of functions that no module uses yet. */
  let unknown: readonly PendingCall[] = [];

  function expect(calls: readonly PendingCall[]): readonly PendingCall[] {
    return calls.filter((call) => {
      const expectation = createExpectation(call);
      if (expectation) expected.set(identify(call), expectation);
      return !expectation;
    });
  }

  function cancel(): void {
    for (const expectation of expected.values()) expectation.cancel();
    expected.clear();
  }

  return {
    onLine(json) {
      const { results = [], pending = [] } = parseJson(json) as DataLine;
      receiveData(pageCaches(), results);
      for (const result of results) {
        if (!("name" in result)) continue;
        expected.get(identify(result))?.settle();
        expected.delete(identify(result));
      }
      unknown = [...unknown, ...expect(pending)];
    },
    onEnd() {
      // Queries that the server did not complete are fetched.
      cancel();
    },
    retry() {
      for (const { client, transport } of pageCaches())
        hydrateQueryCache(client, transport);
      unknown = expect(unknown);
    },
    cancel,
  };
}

function identify({ name, input }: PendingCall): string {
  return JSON.stringify([name, input]);
}

/** Queries that wait for a result. */
interface Expectation {
  /** Ends the wait after the cache received the result. */
  readonly settle: () => void;
  /** Ends the wait. Components that need the data fetch it. */
  readonly cancel: () => void;
}

/** Makes the queries of a call wait for its result. Returns `undefined` if no module has created the query. */
function createExpectation(call: PendingCall): Expectation | undefined {
  const waiting = pageCaches().flatMap((cache) =>
    queryKeysOf(cache.transport, call).map((key) => waitForData(cache, key)),
  );
  if (waiting.length === 0) return undefined;
  return {
    settle() {
      for (const { settle } of waiting) settle();
    },
    cancel() {
      for (const query of waiting) query.cancel();
    },
  };
}

/** Marks a query as fetching, so that components wait for it in place of fetching it again. */
function waitForData({ client }: PageCache, queryKey: QueryKey): Expectation {
  let settle: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  void client.prefetchQuery({
    queryKey,
    retry: false,
    queryFn: async (): Promise<unknown> => {
      await settled;
      const state = client.getQueryState(queryKey);
      if (state?.error) throw state.error;
      return state?.data;
    },
  });
  return {
    settle,
    cancel() {
      void client
        .cancelQueries({ queryKey, exact: true })
        .then(() =>
          client.refetchQueries({ queryKey, exact: true, type: "active" }),
        );
    },
  };
}
