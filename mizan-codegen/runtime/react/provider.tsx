import {
  QueryClientProvider,
  useQueryClient,
  type QueryClient,
} from "@tanstack/react-query";
import {
  Suspense,
  useContext,
  useEffect,
  useState,
  type Context,
  type ReactNode,
} from "react";
import type { FunctionKey, QueryOptions } from "../transport/functions";
import { hydrateQueryCache, hydrateStreamedData } from "./hydration";
import { treatHydratedDataAsFresh } from "./freshness";
import { invalidatePages } from "./currentPage";
import { PersistentCaches, registerPageCache } from "./pageData";
import { createQueryClient, invalidateQueries } from "./queryClient";
import { createServerQueryClient } from "./serverQueryClient";
import { serverFunctions } from "../transport/serverRendering";
import { transportOf, type Connected } from "../transport/transport";

/** A global context with any output and any error. */
export interface GlobalContext {
  queryOptions(
    input: void,
  ): Pick<QueryOptions<unknown, never>, "queryFn" | "queryKey">;
}

/** Props of the generated `MizanProvider`. */
export interface ProviderProps<A> {
  readonly children?: ReactNode;
  /** Rendered while a context below loads for the first time. Nothing by default. */
  readonly fallback?: ReactNode;
  /** Api to use instead of the api of the page's own server. */
  readonly api?: A | undefined;
  /**
   * Cache to use instead of the provider's own. During server rendering, each page gets a new cache with
   * the default options of this one.
   */
  readonly queryClient?: QueryClient | undefined;
}

interface ApiProviderProps<A> extends ProviderProps<A> {
  /** Context that passes `api` to the hooks. Its default is the api of the page's server. */
  readonly context: Context<A>;
  readonly globalContexts: (api: A) => readonly GlobalContext[];
  /** Keeps the live queries of a cache up to date, if the client has some. Returns a function that ends this. */
  readonly follow?: (client: QueryClient, api: Connected) => () => void;
}

/**
 * Provides an api and a cache to the hooks below. Fetches the global contexts in one request, and
 * invalidates the queries that a mutation affects.
 */
export function ApiProvider<A extends Connected>(
  props: ApiProviderProps<A>,
): ReactNode {
  const { context, globalContexts, follow, fallback, children } = props;
  const defaultApi = useContext(context);
  const api = props.api ?? defaultApi;
  const client = useClient(props.queryClient, api);

  useEffect(
    () =>
      api[transportOf].onAffects((invalidations) => {
        invalidatePages();
        invalidateQueries(client, invalidations);
      }),
    [api, client],
  );

  const transport = api[transportOf];
  hydrateQueryCache(client, transport);
  useEffect(() => hydrateStreamedData(client, transport), [client, transport]);
  useEffect(
    () => registerPageCache({ client, transport }),
    [client, transport],
  );
  useEffect(() => follow?.(client, api), [follow, client, api]);

  // The boundary is necessary even without a fallback: if this component suspended together with its
  // children, React would discard the client that it created, and the contexts would never finish loading.
  return (
    <context.Provider value={api}>
      <QueryClientProvider client={client}>
        <Prefetch queries={globalContexts(api)} />
        <PageSuspense fallback={fallback}>{children}</PageSuspense>
      </QueryClientProvider>
    </context.Provider>
  );
}

/** A boundary that belongs to the page. The renderer of mizan-ssr knows it by its name (`js/page_outcome.js`). */
function PageSuspense(props: {
  readonly children?: ReactNode;
  readonly fallback: ReactNode;
}): ReactNode {
  return <Suspense fallback={props.fallback}>{props.children}</Suspense>;
}

/**
 * Returns the given cache, or the one of this api on the page, which persists while the user navigates. Outside of
 * `hydratePage`, it lives as long as the provider.
 */
function useClient(given: QueryClient | undefined, api: object): QueryClient {
  const functions = serverFunctions();
  const persistent = useContext(PersistentCaches);
  const [own] = useState(() => {
    if (functions) return createServerQueryClient(functions, given);
    const client = persistent?.get(api) ?? createQueryClient();
    if (!given) persistent?.set(api, client);
    return client;
  });
  if (functions) return own;
  const client = given ?? own;
  treatHydratedDataAsFresh(client);
  return client;
}

/**
 * Starts queries during rendering, because effects run after those of the components below. On the server,
 * suspends until they have settled.
 */
function Prefetch({
  queries,
}: {
  readonly queries: readonly GlobalContext[];
}): null {
  const client = useQueryClient();
  const isPending = ({
    queryKey,
  }: {
    readonly queryKey: FunctionKey;
  }): boolean =>
    (client.getQueryState(queryKey)?.status ?? "pending") === "pending";
  const open = queries.map((query) => query.queryOptions()).filter(isPending);
  const started = open.map((options) => client.prefetchQuery(options));
  // React 18 has no `use`.
  if (serverFunctions() && started.length > 0) throw Promise.all(started);
  return null;
}
