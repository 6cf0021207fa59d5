import { encodeWith, type Codec } from "./codec";
import { CallError } from "./error";
import type { RequestOptions, Result } from "./functions";
import { toJsonKey } from "./json";
import { readParts } from "./partStream";
import type { Transport } from "./transport";

/** Options of a call of a function that returns a stream. */
export interface StreamOptions extends RequestOptions {
  /** Ends the stream. The server drops the function, unless it is resumable. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Identifies a resumable stream, for example the id of a message: a call with the same key continues the
   * stream of an earlier call of the same user, also after a reload and in another tab.
   */
  readonly streamKey?: string | undefined;
}

/** The parts of a stream, which is requested when the first part is taken. */
export interface PartStream<T> extends AsyncIterableIterator<T, void> {
  /** Ends the stream on the server, also a resumable one that others read. */
  stop(): Promise<void>;
  [Symbol.asyncIterator](): PartStream<T>;
}

/** Calls a function. The stream throws the error of the function. */
type StreamCall<I, T> = (input: I, options?: StreamOptions) => PartStream<T>;

/** A server function that returns a stream: `for await (const part of api.complete({ prompt }))`. */
export interface StreamFunction<I, T, E> extends StreamCall<I, T> {
  /** Calls the function. The last item of the stream is the error, if it fails. */
  safe(input: I, options?: StreamOptions): PartStream<Result<T, E>>;
  /** Returns a text that differs for other functions and inputs. */
  streamKey(input: I): string;
}

/** The way in which all calls of a stream are sent. */
export interface StreamDelivery {
  /** Calls the function with GET, if the input fits. */
  readonly query?: boolean;
  /** Sends the input in the body, because URLs are logged. */
  readonly post?: boolean;
}

/** Creates the function with the name `name` on the wire, which returns a stream. */
export function stream<I, T, E>(
  transport: Transport,
  name: string,
  options: StreamDelivery & Codec<I> = {},
): StreamFunction<I, T, E> {
  const { query = false, post, ...codec } = options;
  const call = (input: I, options: StreamOptions = {}): PartStream<T> => {
    const { streamKey, ...request } = options;
    const controller = new AbortController();
    const { signal } = options;
    const abort = (): void => controller.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { signal: controller.signal });
    let id: string | null = null;
    const headers = (after: string): Headers => {
      const headers = new Headers(options.headers);
      headers.set("accept", "text/event-stream");
      if (after) headers.set("last-event-id", after);
      if (streamKey !== undefined) headers.set("idempotency-key", streamKey);
      return headers;
    };
    const parts = readParts(
      {
        codec,
        invalidate: (affects) => transport.invalidate(affects),
        open: async (after, signal) => {
          const json = encodeWith(codec.encode, input);
          const response = await transport.open(name, json, {
            ...request,
            codec,
            signal,
            headers: headers(after),
            isQuery: query,
            post,
            cache: "no-store",
            returns: "a stream",
          });
          id = response.headers.get("mizan-stream");
          return response;
        },
      },
      controller.signal,
    ) as AsyncGenerator<T, void>;
    return toPartStream(
      parts,
      () => controller.abort(),
      async () => {
        if (id) await transport.stopStream(id, options);
        controller.abort();
      },
    );
  };
  return Object.assign(call, {
    safe: (input: I, options?: StreamOptions) =>
      safe<T, E>(call(input, options)),
    streamKey: (input: I) =>
      JSON.stringify([name, toJsonKey(encodeWith(codec.encode, input))]),
  });
}

/** Aborts the request when the consumer leaves the loop. */
function toPartStream<T>(
  parts: AsyncGenerator<T, void>,
  abort: () => void,
  stop: () => Promise<void>,
): PartStream<T> {
  const stream: PartStream<T> = {
    next: () => parts.next(),
    return: () => {
      abort();
      return parts.return();
    },
    stop,
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

function safe<T, E>(parts: PartStream<T>): PartStream<Result<T, E>> {
  async function* results(): AsyncGenerator<Result<T, E>, void> {
    try {
      for await (const value of parts) yield { ok: true, value };
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      yield { ok: false, error: error as E };
    }
  }
  return toPartStream(
    results(),
    () => void parts.return?.(),
    () => parts.stop(),
  );
}
