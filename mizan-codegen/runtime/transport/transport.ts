import { runAttempts, type AttemptOptions } from "./attempts";
import { createBatch } from "./batch";
import { encodeBody } from "./multipart";
import { createCrossTabNotifier } from "./crossTab";
import { parseAffects, type Invalidation } from "./invalidation";
import type {
  LiveCallOptions,
  CallOptions,
  MutationCallOptions,
} from "./functions";
import { parsePosition } from "./livePosition";
import type { RetryPolicy } from "./retry";
import { callServerFunction, serverFunctions } from "./serverRendering";
import { stringifyJson } from "./json";
import { readOutput, unanswered, type ReplyCodec } from "./response";

/** The maximum length of a URL. Some proxies reject longer ones, so longer queries use POST. */
const maxUrlLength = 2_000;

/** Options of a connection to the server. */
export interface ApiOptions {
  /** The URL at which the functions are mounted, `/api/mizan` by default. */
  readonly baseUrl?: string;
  /** A replacement for the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Returns the headers of a request, for example with a bearer token. Called for each request. */
  readonly headers?: () => HeadersInit | Promise<HeadersInit>;
  /** The time in milliseconds after which a call fails with the code `timeout`. No limit by default. */
  readonly timeout?: number | undefined;
  /**
   * Repeats calls after errors that may pass, such as `retry()`. It applies to queries, and to mutations with
   * an `idempotencyKey`, but not to the queries of TanStack Query, which has its own setting.
   */
  readonly retry?: RetryPolicy | undefined;
  /** Returns whether a value is a file, on platforms with other files than `File`, such as React Native. */
  readonly isFile?: (value: object) => boolean;
}

/** Options of a request for a query. */
export interface QueryRequest extends LiveCallOptions {
  /** Combines the query with the other batched queries of the same turn of the event loop. */
  readonly batch?: boolean | undefined;
  /** Sends the input in the body, because URLs are logged. */
  readonly post?: boolean | undefined;
  /** The use of the browser's cache. */
  readonly cache?: RequestCache | undefined;
  /** Converts the reply from JSON. */
  readonly codec?: ReplyCodec | undefined;
}

/** Options of a request for a mutation. */
export interface MutationRequest extends MutationCallOptions {
  /** The use of the browser's cache. */
  readonly cache?: RequestCache | undefined;
  /** The method of a request that has another than `GET` without a body, and `POST` with one. */
  readonly method?: string | undefined;
  /** A replacement for the global `fetch`, unless {@link ApiOptions.fetch} is set. */
  readonly fetch?: typeof fetch | undefined;
  /** Converts the reply from JSON. */
  readonly codec?: ReplyCodec | undefined;
}

/** Options of a request whose response is a file or a stream. */
export interface OpenRequest extends CallOptions {
  /** Sends the input in the URL, if it fits. */
  readonly isQuery: boolean;
  /** Sends the input in the body, because URLs are logged. */
  readonly post?: boolean | undefined;
  /** Converts an error from JSON. */
  readonly codec?: ReplyCodec | undefined;
  /** The use of the browser's cache: requests for the same URL wait for each other to fill it. */
  readonly cache?: RequestCache | undefined;
  /** The response of the function, for an error message. */
  readonly returns: "a file" | "a stream";
}

/** The properties of a query that data embedded in a page depends on. */
export interface EmbeddedQuery extends ReplyCodec {
  /** The argument that takes the cursor, if the query has pages. */
  readonly cursor?: string;
  /** Set if the query follows the changes of its output. */
  readonly live?: boolean;
}

/** Receives the queries that a mutation invalidated. */
export type AffectsListener = (invalidations: readonly Invalidation[]) => void;

/** The address of the server, for channels and forms. */
export interface ServerAddress {
  readonly baseUrl: string;
  readonly headers: ApiOptions["headers"];
}

/** A connection to a server. It has no global state. */
export interface Transport {
  readonly address: ServerAddress;
  /** The queries of this client by name, for data that is embedded in a page. */
  readonly queries: Map<string, EmbeddedQuery>;
  /** The versions of the functions that this client was generated from. */
  readonly contracts: Contracts;
  mutate(
    name: string,
    input: unknown,
    request?: MutationRequest,
  ): Promise<unknown>;
  query(name: string, input: unknown, request?: QueryRequest): Promise<unknown>;
  /** Calls a function whose output is a file or a stream. Resolves when the head of the response has arrived. */
  open(name: string, input: unknown, request: OpenRequest): Promise<Response>;
  /** Ends a resumable stream on the server. */
  stopStream(id: string, options?: CallOptions): Promise<void>;
  /** Invalidates queries, in the format of the header `mizan-affects`. */
  invalidate(affects: string): void;
  /** Returns the URL of a query with its input. */
  url(name: string, input: unknown): string;
  /**
   * Calls `listener` after each mutation that invalidates queries. Returns a function that removes the
   * listener. A mutation that invalidates all queries, such as a sign-in, also notifies other tabs.
   */
  onAffects(listener: AffectsListener): () => void;
}

/** The property of an api that contains its transport; a symbol, to avoid conflicts with functions. */
export const transportOf: unique symbol = Symbol("mizan.transport");

/** An api that is connected to a server, such as the generated `Api`. */
export interface Connected {
  readonly [transportOf]: Transport;
}

/** The versions of functions that a client was generated from, by name on the wire. */
export type Contracts = Readonly<Record<string, string>>;

/** Creates the transport of a client that was generated from `contracts`. */
export function createTransport(
  contracts: Contracts,
  options: ApiOptions = {},
): Transport {
  const { baseUrl = "/api/mizan" } = options;
  // During server rendering, only functions of the page's own server are available in the process.
  const isSameServer = baseUrl.startsWith("/") && !options.fetch;
  const listeners = new Set<AffectsListener>();
  const tabs = createCrossTabNotifier(baseUrl);
  let stopListening: (() => void) | undefined;

  async function send(
    path: string,
    body: unknown,
    request: MutationRequest,
  ): Promise<Response> {
    const { signal, headers: added, idempotencyKey, fetch: given } = request;
    const headers = new Headers(await options.headers?.());
    new Headers(added).forEach((value, name) => headers.set(name, value));
    if (idempotencyKey !== undefined)
      headers.set("idempotency-key", idempotencyKey);
    const init: RequestInit = { headers, signal: signal ?? null };
    if (request.cache) init.cache = request.cache;
    if (request.method) init.method = request.method;
    if (body !== undefined) {
      init.method = "POST";
      init.body = encodeBody(body, options.isFile);
      // The browser sets the content type of a form, with its boundary.
      if (typeof init.body === "string")
        headers.set("content-type", "application/json");
    }
    try {
      return await (options.fetch ?? given ?? fetch)(baseUrl + path, init);
    } catch (cause) {
      throw unanswered(cause, signal);
    }
  }

  async function mutate(
    name: string,
    input: unknown,
    request: MutationRequest = {},
  ): Promise<unknown> {
    if (isSameServer && serverFunctions())
      throw new Error(
        `${name} is a mutation and was called during server rendering: call it in an event handler or an effect`,
      );
    return runAttempts(
      limits(request, request.idempotencyKey !== undefined),
      (signal) => mutateOnce(name, input, { ...request, signal }),
    );
  }

  async function mutateOnce(
    name: string,
    input: unknown,
    request: MutationRequest,
  ): Promise<unknown> {
    const path = `/call/${target(name)}`;
    const response = await send(path, input ?? {}, request);
    if (!response.ok)
      return readOutput(response, request.signal, request.codec);
    const affected = parseAffects(response.headers.get("mizan-affects"));
    try {
      const data = await readOutput(response, request.signal, request.codec);
      invalidate(
        affected.map(({ returns, ...query }) =>
          returns ? { ...query, fresh: { data } } : query,
        ),
      );
      return data;
    } catch (error) {
      // The mutation took effect even if the body of the response is incomplete.
      invalidate(affected);
      throw error;
    }
  }

  /** Returns the limits of a call, with the defaults of the api. A call that is not safe is not repeated. */
  function limits(
    { signal, timeout = options.timeout, retry = options.retry }: CallOptions,
    isSafe: boolean,
  ): AttemptOptions {
    return { signal, timeout, retry: isSafe && retry };
  }

  async function sendQuery(
    name: string,
    input: unknown,
    request: QueryRequest,
  ): Promise<unknown> {
    const response = await requestQuery(name, input, request);
    const { headers } = response;
    request.onPosition?.(
      parsePosition(headers.get("mizan-live"), headers.get("etag")),
    );
    return readOutput(response, request.signal, request.codec);
  }

  function requestQuery(
    name: string,
    input: unknown,
    request: QueryRequest,
  ): Promise<Response> {
    const path = queryPath(name, input);
    return baseUrl.length + path.length <= maxUrlLength && !request.post
      ? send(path, undefined, request)
      : send(`/call/${target(name)}`, input ?? {}, request);
  }

  /** Returns the path of a query with its input in the URL. */
  function queryPath(name: string, input: unknown): string {
    const path = `/call/${target(name)}`;
    if (input === undefined) return path;
    const json = encodeURIComponent(stringifyJson(input) ?? "null");
    return `${path}${path.includes("?") ? "&" : "?"}input=${json}`;
  }

  async function open(
    name: string,
    input: unknown,
    request: OpenRequest,
  ): Promise<Response> {
    if (isSameServer && serverFunctions())
      throw new Error(
        `${name} returns ${request.returns} and was called during server rendering: call it in an event handler or an effect`,
      );
    return runAttempts(limits(request, request.isQuery), async (signal) => {
      const attempt = { ...request, signal };
      const response = await (request.isQuery
        ? requestQuery(name, input, attempt)
        : send(`/call/${target(name)}`, input ?? {}, attempt));
      if (!response.ok) await readOutput(response, signal, request.codec);
      invalidate(parseAffects(response.headers.get("mizan-affects")));
      return response;
    });
  }

  async function stopStream(
    id: string,
    { headers, signal }: CallOptions = {},
  ): Promise<void> {
    const path = `/stream/${encodeURIComponent(id)}`;
    const response = await send(path, undefined, {
      headers,
      signal,
      method: "DELETE",
    });
    // A stream that has ended is not found.
    if (!response.ok && response.status !== 404) await readOutput(response);
  }

  /** Returns a function in a URL: its name, with the version that this client was generated from. */
  function target(name: string): string {
    const contract = contracts[name];
    return encodeURIComponent(name) + (contract ? `?contract=${contract}` : "");
  }

  const batch = createBatch({
    one: ({ name, input, signal, codec, onPosition }) =>
      sendQuery(name, input, { signal, codec, onPosition }),
    several: (calls, signal) =>
      send(
        "/batch",
        calls.map(({ name, input }) => ({
          name,
          contract: contracts[name],
          input,
        })),
        { signal },
      ),
  });

  function invalidate(invalidations: readonly Invalidation[]): void {
    if (invalidations.length > 0) notify(invalidations);
    if (invalidations.some(({ name }) => name === "*")) tabs.notify();
  }

  function notify(invalidations: readonly Invalidation[]): void {
    for (const listener of [...listeners]) listener(invalidations);
  }

  return {
    address: { baseUrl, headers: options.headers },
    queries: new Map(),
    contracts,
    mutate,
    query(name, input, request = {}) {
      const functions = isSameServer && serverFunctions();
      const { codec } = request;
      if (functions)
        return callServerFunction(functions, target(name), input, codec);
      return runAttempts(limits(request, true), (signal) =>
        // The calls of a batch share their headers.
        request.batch && !request.headers
          ? batch({
              name,
              input,
              signal,
              codec,
              onPosition: request.onPosition,
            })
          : sendQuery(name, input, { ...request, signal }),
      );
    },
    open,
    stopStream,
    invalidate: (affects) => invalidate(parseAffects(affects)),
    url: (name, input) => baseUrl + queryPath(name, input),
    onAffects(listener) {
      listeners.add(listener);
      stopListening ??= tabs.listen(() => notify([{ name: "*" }]));
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stopListening?.();
        stopListening = undefined;
      };
    },
  };
}
