import { createBatch } from "./batch";
import { encodeBody } from "./multipart";
import { createCrossTabNotifier } from "./crossTab";
import { callServerFunction, serverFunctions } from "./serverRendering";
import { readOutput, unanswered } from "./response";

/** Longer addresses are cut or refused by some proxies, so a longer query is sent as a POST. */
const maxUrlLength = 2_000;

/** How to reach the server. */
export interface ApiOptions {
  /** Where the functions are mounted: `/api/mizan` when left out. */
  readonly baseUrl?: string;
  /** Used in place of the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Headers for every request, asked for anew each time: a bearer token, for example. */
  readonly headers?: () => HeadersInit | Promise<HeadersInit>;
}

/** How a query is sent. */
export interface QueryRequest {
  readonly signal?: AbortSignal | undefined;
  /** Leave in one request with the other batched queries of the same turn. */
  readonly batch?: boolean | undefined;
  /** Keep the input out of the address, and so out of logs. */
  readonly post?: boolean | undefined;
}

/** How a mutation is sent. */
export interface MutationRequest {
  readonly signal?: AbortSignal | undefined;
  /** Requests with the same key run the mutation once. */
  readonly idempotencyKey?: string | undefined;
  /** Used in place of the global `fetch`, unless the options name another. */
  readonly fetch?: typeof fetch | undefined;
}

/** Learns which queries a mutation has made stale; `*` stands for all of them. */
export type AffectsListener = (names: readonly string[]) => void;

/** Where the server is, for what is not a call. */
export interface ServerAddress {
  readonly contract: string;
  readonly baseUrl: string;
  readonly headers: ApiOptions["headers"];
}

/** Carries calls to one server. All of its state belongs to this value, none to the module. */
export interface Transport {
  readonly address: ServerAddress;
  mutate(
    name: string,
    input: unknown,
    request?: MutationRequest,
  ): Promise<unknown>;
  query(name: string, input: unknown, request?: QueryRequest): Promise<unknown>;
  /**
   * Calls `listener` after each mutation that affects something, until the returned function runs. A
   * mutation that affects everything, as sign-in and sign-out do, is heard of in other tabs too.
   */
  onAffects(listener: AffectsListener): () => void;
}

/** The member under which an api keeps its transport: a symbol, so that no function's name meets it. */
export const transportOf: unique symbol = Symbol("mizan.transport");

/** Something that is connected to a server: every generated `Api`. */
export interface Connected {
  readonly [transportOf]: Transport;
}

/** Creates the transport of a client that was generated from `contract`. */
export function createTransport(
  contract: string,
  options: ApiOptions = {},
): Transport {
  const { baseUrl = "/api/mizan" } = options;
  // Only the server that this page comes from can be the process that renders it.
  const isSameServer = baseUrl.startsWith("/") && !options.fetch;
  const listeners = new Set<AffectsListener>();
  const tabs = createCrossTabNotifier(baseUrl);
  let stopListening: (() => void) | undefined;

  async function send(
    path: string,
    body: unknown,
    { signal, idempotencyKey, fetch: given }: MutationRequest = {},
  ): Promise<Response> {
    const headers = new Headers(await options.headers?.());
    headers.set("mizan-contract", contract);
    if (idempotencyKey !== undefined)
      headers.set("idempotency-key", idempotencyKey);
    const init: RequestInit = { headers, signal: signal ?? null };
    if (body !== undefined) {
      init.method = "POST";
      init.body = encodeBody(body);
      // The browser sets the type of a form, with its boundary.
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
        `${name} is a mutation and was called while rendering: call it in an event handler or an effect`,
      );
    const reply = await send(callPath(name), input ?? {}, request);
    // Before the body is read: what the mutation did is done, even where its answer is cut short.
    if (reply.ok) announce(reply.headers.get("mizan-affects") ?? "");
    return readOutput(reply, request.signal);
  }

  async function ask(
    name: string,
    input: unknown,
    { signal, post }: QueryRequest = {},
  ): Promise<unknown> {
    const path = callPath(name);
    const search =
      input === undefined
        ? ""
        : `?input=${encodeURIComponent(JSON.stringify(input))}`;
    const fits = baseUrl.length + path.length + search.length <= maxUrlLength;
    const reply = await (fits && !post
      ? send(path + search, undefined, { signal })
      : send(path, input ?? {}, { signal }));
    return readOutput(reply, signal);
  }

  const batch = createBatch({
    one: ({ name, input, signal }) => ask(name, input, { signal }),
    several: (calls, signal) =>
      send(
        "/batch",
        calls.map(({ name, input }) => ({ name, input })),
        { signal },
      ),
  });

  function announce(affects: string): void {
    const names = affects.split(",").flatMap((name) => name.trim() || []);
    if (names.length > 0) notify(names);
    if (names.includes("*")) tabs.notify();
  }

  function notify(names: readonly string[]): void {
    for (const listener of [...listeners]) listener(names);
  }

  return {
    address: { contract, baseUrl, headers: options.headers },
    mutate,
    query(name, input, request = {}) {
      const functions = isSameServer && serverFunctions();
      if (functions) return callServerFunction(functions, name, input);
      return request.batch
        ? batch({ name, input, signal: request.signal })
        : ask(name, input, request);
    },
    onAffects(listener) {
      listeners.add(listener);
      stopListening ??= tabs.listen(() => notify(["*"]));
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stopListening?.();
        stopListening = undefined;
      };
    },
  };
}

function callPath(name: string): string {
  return `/call/${encodeURIComponent(name)}`;
}
