import { CallError } from "./error";
import { EventParser, type ServerSentEvent } from "./eventStream";
import { parseJson } from "./json";
import {
  decodeOutput,
  readProblem,
  unanswered,
  unreadable,
  type ReplyCodec,
} from "./response";

/** The delays before a lost stream is continued, in milliseconds. The last one repeats. */
const reconnectDelays = [0, 500, 1_000, 2_000, 4_000];
/** The time after which a stream that cannot be continued fails, in milliseconds. */
const reconnectTimeout = 60_000;

/** The requests for a stream. */
export interface StreamRequests {
  /** Requests the stream, or its continuation after the event with the id `after`. */
  open(after: string, signal: AbortSignal): Promise<Response>;
  /** Receives the queries that the stream invalidated, in the format of the header `mizan-affects`. */
  invalidate(affects: string): void;
  readonly codec?: ReplyCodec | undefined;
}

/** The error that the server sent in place of a part. */
class StreamFailure extends Error {
  readonly error: CallError;

  constructor(error: CallError) {
    super(error.message);
    this.error = error;
  }
}

/**
 * Yields the parts of a stream, and continues a resumable stream after its connection was lost.
 *
 * The response is read only as fast as the parts are taken.
 */
export async function* readParts(
  requests: StreamRequests,
  signal: AbortSignal,
): AsyncGenerator<unknown, void> {
  const position = { id: "", retry: undefined as number | undefined };
  let lostAt: number | undefined;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const response = await requests.open(position.id, signal);
      for await (const part of readResponse(
        requests,
        response,
        position,
        signal,
      )) {
        attempt = 0;
        lostAt = undefined;
        yield part;
      }
      return;
    } catch (failure) {
      if (failure instanceof StreamFailure) throw failure.error;
      if (!(failure instanceof CallError)) throw failure;
      const lost = failure as CallError;
      if (!mayContinue(lost, position.id)) throw lost;
      lostAt ??= Date.now();
      if (Date.now() - lostAt > reconnectTimeout) throw lost;
      const delay =
        reconnectDelays[Math.min(attempt, reconnectDelays.length - 1)] ?? 0;
      await sleep(Math.max(delay, position.retry ?? 0), signal);
      position.retry = undefined;
    }
  }
}

/** Returns whether a stream may continue after an error: the connection was lost, or the server restarts. */
function mayContinue(error: CallError, id: string): boolean {
  return (
    id !== "" &&
    (error.code === "network" || [429, 502, 503, 504].includes(error.status))
  );
}

async function* readResponse(
  requests: StreamRequests,
  response: Response,
  position: { id: string; retry: number | undefined },
  signal: AbortSignal,
): AsyncGenerator<unknown, void> {
  const parser = new EventParser();
  for await (const event of readEvents(response, parser, signal)) {
    position.retry = parser.retry;
    if (event.type === "end") {
      const end = JSON.parse(event.data) as { readonly affects?: string };
      if (end.affects) requests.invalidate(end.affects);
      return;
    }
    if (event.type === "problem") throw toFailure(requests, event, position.id);
    if (event.type !== "message") continue;
    const part = decodePart(event, requests.codec, response);
    if (parser.lastEventId) position.id = parser.lastEventId;
    yield part;
  }
  throw new CallError({
    code: "network",
    message: "the connection ended before the stream was complete",
  });
}

/** Returns the error in an event. A resumable stream continues if only its server shuts down. */
function toFailure(
  requests: StreamRequests,
  { data }: ServerSentEvent,
  id: string,
): Error {
  const document = parse(data, requests.codec);
  const error = readProblem(document, undefined, requests.codec);
  return error.status === 503 && id !== "" ? error : new StreamFailure(error);
}

function decodePart(
  { data }: ServerSentEvent,
  codec: ReplyCodec | undefined,
  response: Response,
): unknown {
  try {
    return decodeOutput(parse(data, codec), codec, response);
  } catch (cause) {
    throw new StreamFailure(
      cause instanceof CallError
        ? (cause as CallError)
        : unreadable(response, cause),
    );
  }
}

function parse(json: string, codec: ReplyCodec | undefined): unknown {
  return codec?.exact ? parseJson(json) : JSON.parse(json);
}

async function* readEvents(
  response: Response,
  parser: EventParser,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent, void> {
  const type = response.headers.get("content-type") ?? "";
  if (!/^text\/event-stream\b/i.test(type))
    throw new StreamFailure(unreadable(response));
  const { body } = response as { readonly body?: Response["body"] };
  if (!body) {
    // React Native has no streams: the events are read when all have arrived.
    yield* parser.push(await response.text());
    return;
  }
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", cancel);
  try {
    for (;;) {
      const { done, value } = await read(reader, signal);
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

async function read(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    const result = await reader.read();
    if (!signal.aborted) return result;
  } catch (cause) {
    throw unanswered(cause, signal);
  }
  throw unanswered(undefined, signal);
}

/** Waits, and rejects when `signal` is aborted. */
function sleep(delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(unanswered(undefined, signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, delay);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
}
