import { QueryClient, type Query } from "@tanstack/react-query";
import { isFreshlyHydrated } from "./hydration";
import { CallError } from "../transport/error";

const maxRetries = 3;
const maxRetryDelay = 30_000;

/**
 * Creates a `QueryClient` that retries what may pass by itself, and nothing else.
 *
 * A mutation is never retried: whether it ran before its answer was lost, nobody knows.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < maxRetries && isTransient(error),
        retryDelay,
      },
      mutations: { retry: false },
    },
  });
}

const trusting = new WeakSet<QueryClient>();

/**
 * Has what came with the page from the server count as just fetched, so that a component that appears
 * does not ask for it again.
 */
export function treatHydratedDataAsFresh(client: QueryClient): void {
  if (trusting.has(client)) return;
  trusting.add(client);
  const { refetchOnMount = true, retryOnMount = true } =
    client.getDefaultOptions().queries ?? {};
  client.setQueryDefaults(["mizan"], {
    ...client.getQueryDefaults(["mizan"]),
    refetchOnMount: (query) =>
      !isFreshlyHydrated(query) && valueFor(query, refetchOnMount),
    retryOnMount: (query) =>
      !isFreshlyHydrated(query) && valueFor(query, retryOnMount),
  });
}

/**
 * Creates the cache of one page that is rendered on the server, with the options of `given`.
 *
 * Never `given` itself: it would show what it holds to whoever asks for the next page.
 */
export function createServerQueryClient(given?: QueryClient): QueryClient {
  const client = given
    ? new QueryClient({ defaultOptions: given.getDefaultOptions() })
    : createQueryClient();
  client.setQueryDefaults(["mizan"], {
    retry: false,
    refetchOnMount: false,
    retryOnMount: false,
  });
  return client;
}

function valueFor<T>(query: Query, option: T | ((query: Query) => T)): T {
  return typeof option === "function"
    ? (option as (query: Query) => T)(query)
    : option;
}

/**
 * Has the queries called `names` fetched again; `*` stands for every query of the server.
 *
 * Queries in use refetch in the background and keep showing what they have. Those that nobody uses
 * are fetched when they are next used. Of these, one that failed or is still on its way is dropped,
 * lest it later pass for fresh, and so is all that was seen before everything changed, which is
 * what signing in as someone else does.
 */
export function invalidateQueries(
  client: QueryClient,
  names: readonly string[],
): void {
  const everything = names.includes("*");
  const isAffected = ({ queryKey: [prefix, name] }: Query): boolean =>
    prefix === "mizan" && (everything || names.includes(name as string));
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

function isTransient(error: Error): boolean {
  if (!(error instanceof CallError)) return false;
  const passing =
    error.code === "network" || [429, 502, 503, 504].includes(error.status);
  return passing && (error.retryAfter ?? 0) * 1_000 <= maxRetryDelay;
}

function retryDelay(failures: number, error: Error): number {
  if (error instanceof CallError && error.retryAfter !== undefined)
    return error.retryAfter * 1_000;
  return Math.min(1_000 * 2 ** failures, maxRetryDelay);
}
