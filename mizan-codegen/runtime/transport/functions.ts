import { encodeWith, type Codec } from "./codec";
import { CallError } from "./error";
import { toJsonKey } from "./json";
import { transportOf, type Connected, type Transport } from "./transport";

/** Options of a call. */
export interface CallOptions {
  /** Aborts the call. The server cancels a query; it completes a mutation. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of `safe`: the output, or the error as a value. */
export type Result<O, E> =
  | { readonly ok: true; readonly value: O }
  | { readonly ok: false; readonly error: E };

/** A key of TanStack Query: the prefix `mizan`, the name on the wire, and the input. */
export type FunctionKey = readonly ["mizan", string, ...unknown[]];

/** The call signatures of queries and mutations. */
interface Callable<I, O, E> {
  /** Calls the function. Rejects with an `E` if it fails. */
  (input: I, options?: CallOptions): Promise<O>;
  /** Calls the function. Resolves with an `E` as a value if it fails. */
  safe(input: I, options?: CallOptions): Promise<Result<O, E>>;
}

/** A server function that changes data. Failed calls are not retried. */
export interface Mutation<I, O, E> extends Callable<I, O, E> {
  /** The key in TanStack Query. */
  readonly mutationKey: FunctionKey;
  /** Options for TanStack Query: `useMutation(api.rename.mutationOptions())`. */
  mutationOptions(): MutationOptions<I, O, E>;
}

/** A server function that reads data. */
export interface Query<I, O, E> extends Callable<I, O, E>, Connected {
  /** The key for `input`, or the prefix of all keys of this query without `input`. */
  queryKey(input?: I): FunctionKey;
  /** Options for TanStack Query: `useQuery(api.post.queryOptions({ id }))`. */
  queryOptions(input: I): QueryOptions<O, E>;
}

/** Options for `useMutation` of TanStack Query. */
export interface MutationOptions<I, O, E> extends InferredError<E> {
  readonly mutationKey: FunctionKey;
  readonly mutationFn: (input: I) => Promise<O>;
}

/** Options for `useQuery` and the other query functions of TanStack Query. */
export interface QueryOptions<O, E> extends InferredError<E> {
  readonly queryKey: FunctionKey;
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<O>;
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
  const call = async (input: I, options?: CallOptions): Promise<O> =>
    (await transport.mutate(name, encodeWith(codec?.encode, input), {
      ...options,
      codec,
    })) as O;
  const mutationKey = ["mizan", name] as const;
  return Object.assign(call, {
    safe: toSafeCall<I, O, E>(call),
    mutationKey,
    mutationOptions: () => ({
      mutationKey,
      mutationFn: (input: I) => call(input),
    }),
  });
}

/** The way in which all calls of a query are sent. */
export interface QueryDelivery {
  /** Combines calls with others into one request. */
  readonly batch?: boolean;
  /** Sends the input in the body, because URLs are logged. */
  readonly post?: boolean;
}

/** Creates the query with the name `name` on the wire. */
export function query<I, O, E>(
  transport: Transport,
  name: string,
  options: QueryDelivery & Codec<I> = {},
): Query<I, O, E> {
  const { batch, post, ...codec } = options;
  if (codec.decode ?? codec.decodeError) transport.codecs.set(name, codec);
  const call = async (input: I, options?: CallOptions): Promise<O> =>
    (await transport.query(name, encodeWith(codec.encode, input), {
      signal: options?.signal,
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
    queryOptions: (input: I): QueryOptions<O, E> => ({
      queryKey: queryKey(input),
      queryFn: ({ signal }) => call(input, { signal }),
    }),
  });
}

/** Returns the input as a part of a key: TanStack Query compares keys by their JSON. */
function toKey<I>(encode: Codec<I>["encode"], input: I): unknown {
  return encode ? toJsonKey(encodeWith(encode, input)) : input;
}

/** Returns errors of the call as values. Other errors, for example of `headers`, are thrown. */
function toSafeCall<I, O, E>(
  call: (input: I, options?: CallOptions) => Promise<O>,
): (input: I, options?: CallOptions) => Promise<Result<O, E>> {
  return async (input, options) => {
    try {
      return { ok: true, value: await call(input, options) };
    } catch (error) {
      if (error instanceof CallError) return { ok: false, error: error as E };
      throw error;
    }
  };
}
