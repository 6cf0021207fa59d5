import type { Query, QueryClient, QueryKey } from "@tanstack/react-query";
import { markIntegers, toJsonKey } from "../transport/json";
import {
  decodeOutput,
  readProblem,
  type ReplyCodec,
} from "../transport/response";
import { serverFunctions } from "../transport/serverRendering";
import type { Transport } from "../transport/transport";

type Codecs = Transport["codecs"];

/** Result of a function that the server called while it rendered the page. */
interface EmbeddedResult {
  readonly name: string;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly problem?: unknown;
}

/** Time in milliseconds for which data that was embedded in the page counts as fresh. */
const freshFor = 30_000;

/** Time at which each query was hydrated. */
const hydratedAt = new WeakMap<object, number>();
/** Elements whose data is in a cache. */
const hydratedElements = new WeakSet<Element>();
/** Caches that were hydrated after the page had been loaded completely. */
const completeCaches = new WeakSet<QueryClient>();

/**
 * Adds the data that the server embedded in the page to the cache.
 *
 * While a page streams, its data arrives in several elements, each before the markup that depends on it.
 * Components call this before they read a query. Rendering leaves the document unchanged:
 * {@link removeHydratedElements} removes the elements.
 */
export function hydrateQueryCache(client: QueryClient, codecs: Codecs): void {
  if (completeCaches.has(client) || typeof document === "undefined") return;
  if (document.readyState !== "loading") completeCaches.add(client);
  for (const element of dataElements()) {
    if (hydratedElements.has(element)) continue;
    hydratedElements.add(element);
    hydrateResults(client, codecs, element.textContent || "[]");
  }
}

/**
 * Removes the elements with embedded data from the document once it is loaded and their data is in the
 * cache. Returns a function that cancels this.
 */
export function removeHydratedElements(
  client: QueryClient,
  codecs: Codecs,
): () => void {
  function remove(): void {
    hydrateQueryCache(client, codecs);
    for (const element of dataElements())
      if (hydratedElements.has(element)) element.remove();
  }

  if (document.readyState !== "loading") {
    remove();
    return () => undefined;
  }
  document.addEventListener("DOMContentLoaded", remove);
  return () => document.removeEventListener("DOMContentLoaded", remove);
}

/** Uses the embedded data of a query as the first page of its infinite query. */
export function hydrateFirstPage(
  client: QueryClient,
  queryKey: QueryKey,
  infiniteKey: QueryKey,
): void {
  const cache = client.getQueryCache();
  const first = cache.find({ queryKey, exact: true });
  if (first?.state.data === undefined) return;
  if (cache.find({ queryKey: infiniteKey, exact: true })) return;
  if (!serverFunctions() && !isFreshlyHydrated(first)) return;
  const query = cache.build(
    client,
    client.defaultQueryOptions({ queryKey: infiniteKey }),
  );
  hydratedAt.set(query, Date.now());
  query.setData({ pages: [first.state.data], pageParams: [undefined] });
}

/** Returns whether the query's data was embedded in the page and still counts as fresh. */
export function isFreshlyHydrated(query: object): boolean {
  return Date.now() - (hydratedAt.get(query) ?? -Infinity) < freshFor;
}

/** Finds only elements that the server wrote: HTML from users is never a child of the body. */
function dataElements(): NodeListOf<Element> {
  return document.querySelectorAll(
    'body > script[type="application/json"][data-mizan-answers]',
  );
}

function hydrateResults(
  client: QueryClient,
  codecs: Codecs,
  json: string,
): void {
  const results = JSON.parse(json) as EmbeddedResult[];
  const marked = markIntegers(json);
  const exact =
    marked === json ? results : (JSON.parse(marked) as EmbeddedResult[]);
  for (const [index, result] of exact.entries()) {
    const { name, input } = result;
    const codec = codecs.get(name);
    // Other functions expect rounded integers, as `JSON.parse` returns them.
    const outcome = codec?.exact ? result : (results[index] ?? result);
    const queryKey: readonly unknown[] =
      input === undefined ? ["mizan", name] : ["mizan", name, toJsonKey(input)];
    const query = client
      .getQueryCache()
      .build(client, client.defaultQueryOptions({ queryKey }));
    hydratedAt.set(query, Date.now());
    hydrate(query, outcome, codec);
  }
}

function hydrate(
  query: Query,
  { output, problem }: EmbeddedResult,
  codec: ReplyCodec | undefined,
): void {
  let error: Error;
  if (problem === undefined) {
    try {
      query.setData(decodeOutput(output, codec));
      return;
    } catch (failure) {
      error = failure as Error;
    }
  } else error = readProblem(problem, undefined, codec);
  query.setState({
    status: "error",
    error,
    errorUpdateCount: 1,
    errorUpdatedAt: Date.now(),
    fetchFailureCount: 1,
    fetchFailureReason: error,
  });
}
