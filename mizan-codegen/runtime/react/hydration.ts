import type { Query, QueryClient, QueryKey } from "@tanstack/react-query";
import { decodeIntegers, parseJson, toJsonKey } from "../transport/json";
import { infiniteKey } from "../transport/pages";
import {
  decodeOutput,
  readProblem,
  type ReplyCodec,
} from "../transport/response";
import type { FunctionKey } from "../transport/functions";
import type { Transport } from "../transport/transport";
import type { PageCache } from "./pageData";
import { markHydrated, treatHydratedDataAsFresh } from "./freshness";

/** Data that the server sent with a page. */
export type Embedded = EmbeddedResult | EmbeddedData;

/** Result of a function that the server called. */
export interface EmbeddedResult {
  readonly name: string;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly problem?: unknown;
}

/** Data of a query with a key of the application. */
interface EmbeddedData {
  readonly key: QueryKey;
  readonly data: unknown;
}

/** Embedded data, and the time at which it was found. */
interface Waiting {
  readonly embedded: Embedded;
  readonly foundAt: number;
}

/** Elements that have been read. */
const readElements = new WeakSet<Element>();
/** Caches that were hydrated after the page had been loaded completely. */
const completeCaches = new WeakSet<QueryClient>();
/** Results of queries that are not created yet, such as those of forms that load later. */
const waitingResults = new WeakMap<QueryClient, readonly Waiting[]>();
/** Data that arrived with a navigation while no provider was mounted. */
let unclaimed: readonly Waiting[] = [];

/**
 * Adds the data that the server embedded in the page to the cache.
 *
 * Rendering leaves the document unchanged: {@link hydrateStreamedData} removes the elements.
 */
export function hydrateQueryCache(
  client: QueryClient,
  transport: Transport,
): void {
  const waiting = [
    ...(waitingResults.get(client) ?? []),
    ...findData(client),
    ...unclaimed,
  ];
  if (waiting.length === 0) return;
  unclaimed = [];
  const remaining = waiting.filter(
    (item) => !hydrateItem(client, transport, item),
  );
  waitingResults.set(client, remaining);
}

/** Adds the data that arrived with a navigation to caches, or keeps it for the next provider. */
export function receiveData(
  caches: readonly PageCache[],
  received: readonly Embedded[],
): void {
  const foundAt = Date.now();
  const items = received.map((embedded) => ({ embedded, foundAt }));
  if (caches.length === 0) unclaimed = [...unclaimed, ...items];
  for (const { client, transport } of caches) {
    const waiting = waitingResults.get(client) ?? [];
    waitingResults.set(client, [...waiting, ...items]);
    hydrateQueryCache(client, transport);
  }
}

/** Returns the keys of the queries that receive the result of a call. None if no module has created the query. */
export function queryKeysOf(
  transport: Transport,
  { name, input }: Pick<EmbeddedResult, "name" | "input">,
): QueryKey[] {
  const known = transport.queries.get(name);
  if (!known) return [];
  const key: FunctionKey =
    input === undefined ? ["mizan", name] : ["mizan", name, toJsonKey(input)];
  const { cursor } = known;
  const isFirstPage = cursor !== undefined && !hasMember(input, cursor);
  return isFirstPage ? [key, infiniteKey(key)] : [key];
}

/**
 * Adds the data of the page to the cache as it arrives, each part before React hydrates the markup that
 * depends on it. Removes the elements with the data once the page is loaded. Returns a function that ends
 * this.
 */
export function hydrateStreamedData(
  client: QueryClient,
  transport: Transport,
): () => void {
  const hydrate = (): void => hydrateQueryCache(client, transport);
  const observer = new MutationObserver(hydrate);
  function complete(): void {
    observer.disconnect();
    hydrate();
    for (const element of dataElements())
      if (readElements.has(element)) element.remove();
  }

  if (document.readyState !== "loading") {
    complete();
    return () => undefined;
  }
  hydrate();
  observer.observe(document.body, { childList: true });
  document.addEventListener("DOMContentLoaded", complete);
  return () => {
    observer.disconnect();
    document.removeEventListener("DOMContentLoaded", complete);
  };
}

/** Returns the data of elements that have not been read. */
function findData(client: QueryClient): Waiting[] {
  if (completeCaches.has(client) || typeof document === "undefined") return [];
  if (document.readyState !== "loading") completeCaches.add(client);
  const foundAt = Date.now();
  return [...dataElements()]
    .filter((element) => !readElements.has(element))
    .flatMap((element) => {
      readElements.add(element);
      return parseJson(element.textContent || "[]") as readonly Embedded[];
    })
    .map((embedded) => ({ embedded, foundAt }));
}

/** Finds only elements that the server wrote: HTML from users is never a child of the body. */
function dataElements(): NodeListOf<Element> {
  return document.querySelectorAll(
    'body > script[type="application/json"][data-mizan-answers]',
  );
}

/** Adds data to the cache. Returns false if the client does not know its query yet. */
function hydrateItem(
  client: QueryClient,
  transport: Transport,
  { embedded, foundAt }: Waiting,
): boolean {
  function queryOf(queryKey: QueryKey): Query {
    const query = client
      .getQueryCache()
      .build(client, client.defaultQueryOptions({ queryKey }));
    markHydrated(query, foundAt);
    return query;
  }

  if ("key" in embedded) {
    const { key, data } = decodeIntegers(embedded) as EmbeddedData;
    treatHydratedDataAsFresh(client, key);
    queryOf(key).setData(data);
    return true;
  }
  const known = transport.queries.get(embedded.name);
  const [key, firstPageKey] = queryKeysOf(transport, embedded);
  if (!known || !key) return false;
  // Other functions expect rounded integers, as `JSON.parse` returns them.
  const result = known.exact
    ? embedded
    : (decodeIntegers(embedded) as EmbeddedResult);
  const settled = settle(result, known);
  setResult(queryOf(key), settled);
  if (firstPageKey) {
    setResult(
      queryOf(firstPageKey),
      "error" in settled
        ? settled
        : { data: { pages: [settled.data], pageParams: [undefined] } },
    );
  }
  return true;
}

function hasMember(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && name in value;
}

type Settled = { readonly data: unknown } | { readonly error: Error };

function settle(
  { output, problem }: EmbeddedResult,
  codec: ReplyCodec,
): Settled {
  if (problem !== undefined)
    return { error: readProblem(problem, undefined, codec) };
  try {
    return { data: decodeOutput(output, codec) };
  } catch (failure) {
    return { error: failure as Error };
  }
}

function setResult(query: Query, settled: Settled): void {
  if ("data" in settled) {
    query.setData(settled.data);
    return;
  }
  const { error } = settled;
  query.setState({
    status: "error",
    error,
    errorUpdateCount: 1,
    errorUpdatedAt: Date.now(),
    fetchFailureCount: 1,
    fetchFailureReason: error,
  });
}
