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
import type { QueryOptions } from "../transport/functions";
import { usePageData } from "./hooks";
import {
  createQueryClient,
  createServerQueryClient,
  invalidateQueries,
  treatHydratedDataAsFresh,
} from "./queryClient";
import { serverFunctions } from "../transport/serverRendering";
import { transportOf, type Connected } from "../transport/transport";

/** A global context, whatever it yields and however it fails. */
export interface GlobalContext {
  queryOptions(
    input: void,
  ): Pick<QueryOptions<unknown, never>, "queryFn" | "queryKey">;
}

/** Props of the generated `MizanProvider`. */
export interface ProviderProps<A> {
  readonly children?: ReactNode;
  /** Shown while a context below is loading for the first time; nothing when left out. */
  readonly fallback?: ReactNode;
  /** The server to use instead of the one that this page came from. */
  readonly api?: A | undefined;
  /**
   * The cache to use instead of one of the provider's own. On the server only its default options
   * are used: every page has a cache of its own there.
   */
  readonly queryClient?: QueryClient | undefined;
}

interface ApiProviderProps<A> extends ProviderProps<A> {
  /** Hands `api` to the hooks; its default is the api that is used when the props name none. */
  readonly context: Context<A>;
  readonly globalContexts: (api: A) => readonly GlobalContext[];
}

/**
 * Provides an api and a cache, fetches the global contexts in one request, and has queries that a
 * mutation made stale fetched again.
 */
export function ApiProvider<A extends Connected>(
  props: ApiProviderProps<A>,
): ReactNode {
  const { context, globalContexts, fallback, children } = props;
  const defaultApi = useContext(context);
  const api = props.api ?? defaultApi;
  const client = useClient(props.queryClient);

  useEffect(
    () =>
      api[transportOf].onAffects((names) => invalidateQueries(client, names)),
    [api, client],
  );

  // The boundary is there without a fallback too: were this component to suspend with what is below
  // it, React would forget the client that it made, and the contexts would load for ever.
  return (
    <context.Provider value={api}>
      <QueryClientProvider client={client}>
        <Prefetch queries={globalContexts(api)} />
        <Suspense fallback={fallback}>{children}</Suspense>
      </QueryClientProvider>
    </context.Provider>
  );
}

/** The cache of this page: the given one, or one that lives as long as the provider. */
function useClient(given: QueryClient | undefined): QueryClient {
  const [own] = useState(() =>
    serverFunctions() ? createServerQueryClient(given) : createQueryClient(),
  );
  const client = given && !serverFunctions() ? given : own;
  if (!serverFunctions()) treatHydratedDataAsFresh(client);
  return client;
}

/** Starts queries while rendering: an effect would run after the components below sent their own. */
function Prefetch({
  queries,
}: {
  readonly queries: readonly GlobalContext[];
}): null {
  const client = useQueryClient();
  const all = queries.map((query) => query.queryOptions());
  usePageData(all);
  for (const options of all) {
    if (!client.getQueryState(options.queryKey))
      void client.prefetchQuery(options);
  }
  return null;
}
