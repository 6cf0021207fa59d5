import { CallError } from "./error";
import type { Transport } from "./transport";

/** Options of one call. */
export interface CallOptions {
  /** Gives the call up. A query stops on the server too; a mutation there runs to its end. */
  readonly signal?: AbortSignal | undefined;
}

/** What `safe` resolves to: the output, or the failure as a value. */
export type Result<O, E> =
  | { readonly ok: true; readonly value: O }
  | { readonly ok: false; readonly error: E };

/** The key of a query or mutation in TanStack Query: shared prefix, name on the wire, input. */
export type FunctionKey = readonly ["mizan", string, ...unknown[]];

/** What queries and mutations share. */
interface Callable<I, O, E> {
  /** Calls the function; rejects with an `E` when it fails. */
  (input: I, options?: CallOptions): Promise<O>;
  /** Calls the function, and resolves with its failure instead of rejecting. */
  safe(input: I, options?: CallOptions): Promise<Result<O, E>>;
}

/** A function of the server that changes something. It is never called again by itself. */
export interface Mutation<I, O, E> extends Callable<I, O, E> {
  readonly mutationKey: FunctionKey;
  /** Options for TanStack Query: `useMutation(api.rename.mutationOptions())`. */
  mutationOptions(): MutationOptions<I, O, E>;
}

/** A function of the server that only reads. */
export interface Query<I, O, E> extends Callable<I, O, E> {
  /** The key for `input`; without `input` the prefix of all keys of this query. */
  queryKey(input?: I): FunctionKey;
  /** Options for TanStack Query: `useQuery(api.post.queryOptions({ id }))`. */
  queryOptions(input: I): QueryOptions<O, E>;
}

/** Options that TanStack Query's `useMutation` takes. */
export interface MutationOptions<I, O, E> extends InferredError<E> {
  readonly mutationKey: FunctionKey;
  readonly mutationFn: (input: I) => Promise<O>;
}

/** Options that every function of TanStack Query which reads a query takes. */
export interface QueryOptions<O, E> extends InferredError<E> {
  readonly queryKey: FunctionKey;
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<O>;
}

/** Never set: the type of its `error` is where TanStack Query infers the type of failures from. */
interface InferredError<E> {
  readonly retryDelay?: (failureCount: number, error: E) => number;
}

/** Makes the mutation called `name`. */
export function mutation<I, O, E>(
  transport: Transport,
  name: string,
): Mutation<I, O, E> {
  const call = (input: I, options?: CallOptions): Promise<O> =>
    transport.mutate(name, input, options) as Promise<O>;
  const mutationKey = ["mizan", name] as const;
  return Object.assign(call, {
    safe: safely<I, O, E>(call),
    mutationKey,
    mutationOptions: () => ({
      mutationKey,
      mutationFn: (input: I) => call(input),
    }),
  });
}

/** How every call of a query is sent. */
export interface QuerySending {
  /** In one request with others. */
  readonly batch?: boolean;
  /** With the input in the body, and so not in logs. */
  readonly post?: boolean;
}

/** Makes the query called `name`. */
export function query<I, O, E>(
  transport: Transport,
  name: string,
  sending?: QuerySending,
): Query<I, O, E> {
  const call = (input: I, options?: CallOptions): Promise<O> =>
    transport.query(name, input, {
      signal: options?.signal,
      ...sending,
    }) as Promise<O>;
  const queryKey = (input?: I): FunctionKey =>
    input === undefined ? ["mizan", name] : ["mizan", name, input];
  return Object.assign(call, {
    safe: safely<I, O, E>(call),
    queryKey,
    queryOptions: (input: I): QueryOptions<O, E> => ({
      queryKey: queryKey(input),
      queryFn: ({ signal }) => call(input, { signal }),
    }),
  });
}

/** A failure of the caller's own making, such as a `headers` function that throws, is not `E`. */
function safely<I, O, E>(
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
