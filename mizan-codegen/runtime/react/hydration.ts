import type { QueryClient } from "@tanstack/react-query";
import { readProblem } from "../transport/response";

/** What a function answered while the page was rendered on the server. */
interface EmbeddedAnswer {
  readonly name: string;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly problem?: unknown;
}

/** For how long what came with the page is not asked for again by a component that appears. */
const freshFor = 30_000;

const arrivals = new WeakMap<object, number>();
/** The caches of which the whole page was there when they last looked. */
const complete = new WeakSet<QueryClient>();

/**
 * Moves the answers that have arrived with the page into the cache.
 *
 * While a page streams they come bit by bit, each before the markup that rests on it, so whoever is
 * about to read a query calls this first.
 */
export function hydrateQueryCache(client: QueryClient): void {
  if (complete.has(client) || typeof document === "undefined") return;
  if (document.readyState !== "loading") complete.add(client);
  for (const element of document.querySelectorAll(
    'body > script[type="application/json"][data-mizan-answers]',
  )) {
    element.remove();
    const answers = JSON.parse(element.textContent ?? "[]") as EmbeddedAnswer[];
    for (const answer of answers) take(client, answer);
  }
}

/** Whether the query's state came with the page just now. */
export function isFreshlyHydrated(query: object): boolean {
  return Date.now() - (arrivals.get(query) ?? -Infinity) < freshFor;
}

function take(
  client: QueryClient,
  { name, input, output, problem }: EmbeddedAnswer,
): void {
  const queryKey =
    input === undefined ? ["mizan", name] : ["mizan", name, input];
  const query = client
    .getQueryCache()
    .build(client, client.defaultQueryOptions({ queryKey }));
  arrivals.set(query, Date.now());
  if (problem === undefined) {
    query.setData(output);
    return;
  }
  const error = readProblem(problem);
  query.setState({
    status: "error",
    error,
    errorUpdateCount: 1,
    errorUpdatedAt: Date.now(),
    fetchFailureCount: 1,
    fetchFailureReason: error,
  });
}
