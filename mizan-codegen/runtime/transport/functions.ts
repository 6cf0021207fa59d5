import { encodeWith, type Codec } from "./codec";
import { CallError } from "./error";
import { toJsonKey } from "./json";
import { recordPosition, type LivePosition } from "./livePosition";
import type { RetryPolicy } from "./retry";
import { transportOf, type Connected, type Transport } from "./transport";

/** Options of the requests of a call. */
export interface RequestOptions {
  /** Headers in addition to those of the api. */
  readonly headers?: HeadersInit | undefined;
  /**
   * The time in milliseconds after which the call fails with the code `timeout`, for all attempts together.
   * The server cancels a query; it completes a mutation. `Infinity` disables the default of the api.
   */
  readonly timeout?: number | undefined;
}

/** Options of a call. */
export interface CallOptions extends RequestOptions {
  /** Aborts the call. The server cancels a query; it completes a mutation. */
  readonly signal?: AbortSignal | undefined;
  /** Repeats the call after errors that may pass, such as `retry()`. `false` disables the default of the api. */
  readonly retry?: RetryPolicy | false | undefined;
}

/** Options of a call of a mutation. */
export interface MutationCallOptions extends CallOptions {
  /**
   * Identifies the call, for example with `crypto.randomUUID()`: the server runs the mutation once for all
   * requests with the same key. Only calls with a key are repeated.
   */
  readonly idempotencyKey?: string | undefined;
}

/** The result of `safe`: the output, or the error as a value. */
export type Result<O, E> =
  | { readonly ok: true; readonly value: O }
  | { readonly ok: false; readonly error: E };

/** A key of TanStack Query: the prefix `mizan`, the name on the wire, and the input. */
export type FunctionKey = readonly ["mizan", string, ...unknown[]];

/**
 * Calls a function. Rejects with the error of the function if it fails.
 *
 * A function type, because editors would list a call signature of an interface beside the definition of each
 * function.
 */
type Call<I, O, Options> = (input: I, options?: Options) => Promise<O>;

/** The call signatures of queries and mutations. */
export interface Callable<I, O, E, Options> extends Call<I, O, Options> {
  /** Calls the function. Resolves with an `E` as a value if it fails. */
  safe(input: I, options?: Options): Promise<Result<O, E>>;
}

/** A server function that changes data. */
export interface Mutation<I, O, E> extends Callable<
  I,
  O,
  E,
  MutationCallOptions
> {
  /** The key in TanStack Query. */
  readonly mutationKey: FunctionKey;
  /** Options for TanStack Query: `useMutation(api.rename.mutationOptions())`. */
  mutationOptions(options?: RequestOptions): MutationOptions<I, O, E>;
}

/** A server function that reads data. */
export interface Query<I, O, E>
  extends Callable<I, O, E, CallOptions>, Connected {
  /** The key for `input`, or the prefix of all keys of this query without `input`. */
  queryKey(input?: I): FunctionKey;
  /** Options for TanStack Query, which repeats failed calls itself: `useQuery(api.post.queryOptions({ id }))`. */
  queryOptions(input: I, options?: RequestOptions): QueryOptions<O, E>;
}

/** Options for `useMutation` of TanStack Query. */
export interface MutationOptions<I, O, E> extends InferredError<E> {
  readonly mutationKey: FunctionKey;
  readonly mutationFn: (input: I) => Promise<O>;
}

/** Options for `useQuery` and the other query functions of TanStack Query. */
export interface QueryOptions<O, E> extends InferredError<E> {
  readonly queryKey: FunctionKey;
  readonly queryFn: (context: QueryContext) => Promise<O>;
}

/** The part of the context of a query function that queries use. */
export interface QueryContext {
  readonly signal: AbortSignal;
  /** The key of the query in its cache, the same object for all requests. */
  readonly queryKey?: readonly unknown[];
}

/** Options of a call, with the position of the output of a live query. */
export interface LiveCallOptions extends CallOptions {
  readonly onPosition?:
    ((position: LivePosition | undefined) => void) | undefined;
}

/** Never set; TanStack Query infers the type of errors from its `error` parameter. */
interface InferredError<E> {
  readonly retryDelay?: (failureCount: number, error: E) => number;
}

/** Creates the mutation with the name `name` on the wire. */
export function mutation<I, O, E>(
  transport: Transport,
  name: string,
  codec?: Codec<I>,
): Mutation<I, O, E> {
  const call = async (input: I, options?: MutationCallOptions): Promise<O> =>
    (await transport.mutate(name, encodeWith(codec?.encode, input), {
      ...options,
      codec,
    })) as O;
  const mutationKey = ["mizan", name] as const;
  return Object.assign(call, {
    safe: toSafeCall<I, O, E, MutationCallOptions>(call),
    mutationKey,
    mutationOptions: (options?: RequestOptions) => ({
      mutationKey,
      mutationFn: (input: I) => call(input, options),
    }),
  });
}

/** The way in which all calls of a query are sent. */
export interface QueryDelivery {
  /** Combines calls with others into one request. */
  readonly batch?: boolean;
  /** Sends the input in the body, because URLs are logged. */
  readonly post?: boolean;
  /** Follows the changes of the output. */
  readonly live?: boolean;
}

/** Creates the query with the name `name` on the wire. */
export function query<I, O, E>(
  transport: Transport,
  name: string,
  options: QueryDelivery & Codec<I> = {},
): Query<I, O, E> {
  const { batch, post, live, ...codec } = options;
  transport.queries.set(name, live ? { ...codec, live } : codec);
  const call = async (input: I, options?: LiveCallOptions): Promise<O> =>
    (await transport.query(name, encodeWith(codec.encode, input), {
      ...options,
      batch,
      post,
      codec,
    })) as O;
  const queryKey = (input?: I): FunctionKey =>
    input === undefined
      ? ["mizan", name]
      : ["mizan", name, toKey(codec.encode, input)];
  return Object.assign(call, {
    [transportOf]: transport,
    safe: toSafeCall<I, O, E>(call),
    queryKey,
    queryOptions: (input: I, options?: RequestOptions): QueryOptions<O, E> => ({
      queryKey: queryKey(input),
      queryFn: (context) =>
        withPosition(context, (onPosition) =>
          call(input, {
            ...options,
            onPosition,
            signal: context.signal,
            retry: false,
          }),
        ),
    }),
  });
}

/** Makes a request for the data of a query, and records the position of the data. */
export async function withPosition<O>(
  { signal, queryKey }: QueryContext,
  request: (onPosition: LiveCallOptions["onPosition"]) => Promise<O>,
): Promise<O> {
  let position: LivePosition | undefined;
  const output = await request((found) => (position = found));
  // The cache drops the output of an aborted request.
  if (queryKey && !signal.aborted) recordPosition(queryKey, position);
  return output;
}

/** Returns the input as a part of a key: TanStack Query compares keys by their JSON. */
function toKey<I>(encode: Codec<I>["encode"], input: I): unknown {
  return encode ? toJsonKey(encodeWith(encode, input)) : input;
}

/** Returns errors of the call as values. Other errors, for example of `headers`, are thrown. */
export function toSafeCall<I, O, E, Options = CallOptions>(
  call: (input: I, options?: Options) => Promise<O>,
): (input: I, options?: Options) => Promise<Result<O, E>> {
  return async (input, options) => {
    try {
      return { ok: true, value: await call(input, options) };
    } catch (error) {
      if (error instanceof CallError) return { ok: false, error: error as E };
      throw error;
    }
  };
}
