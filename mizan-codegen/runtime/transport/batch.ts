import type { LiveCallOptions } from "./functions";
import { markIntegers } from "./json";
import { parsePosition } from "./livePosition";
import {
  decodeOutput,
  isObject,
  readLines,
  readOutput,
  readProblem,
  unanswered,
  unreadable,
  type ReplyCodec,
} from "./response";

/** The maximum number of calls in a request, equal to the server's default limit. */
const maxCalls = 64;

/** A query that is part of a batch. */
export interface BatchedCall {
  readonly name: string;
  readonly input: unknown;
  readonly signal: AbortSignal | undefined;
  readonly codec: ReplyCodec | undefined;
  readonly onPosition: LiveCallOptions["onPosition"];
}

/** The requests that a batch can make. */
export interface BatchRequests {
  /** Sends a single query. */
  one(call: BatchedCall): Promise<unknown>;
  /** Sends several queries in one request. */
  several(
    calls: readonly BatchedCall[],
    signal: AbortSignal,
  ): Promise<Response>;
}

interface WaitingCall extends BatchedCall {
  resolve(output: unknown): void;
  reject(failure: unknown): void;
}

/**
 * Creates a function that combines the calls of one turn of the event loop into one request.
 *
 * Each call settles when its line of the response arrives, and is aborted by its own signal. The
 * request is aborted when all of its calls have been aborted.
 */
export function createBatch(
  requests: BatchRequests,
): (call: BatchedCall) => Promise<unknown> {
  let waiting: WaitingCall[] = [];

  function flush(): void {
    const calls = waiting.filter((call) => !rejectAborted(call));
    waiting = [];
    for (let start = 0; start < calls.length; start += maxCalls) {
      void send(calls.slice(start, start + maxCalls), requests);
    }
  }

  return (call) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) queueMicrotask(flush);
      waiting.push({ ...call, resolve, reject });
    });
}

async function send(
  calls: readonly WaitingCall[],
  requests: BatchRequests,
): Promise<void> {
  const [first] = calls;
  if (first && calls.length === 1) {
    try {
      first.resolve(await requests.one(first));
    } catch (failure) {
      first.reject(failure);
    }
    return;
  }

  const open = new Map(calls.entries());
  const request = new AbortController();
  for (const [index, call] of open) {
    const abort = (): void => {
      open.delete(index);
      rejectAborted(call);
      if (open.size === 0) request.abort();
    };
    call.signal?.addEventListener("abort", abort, { signal: request.signal });
  }

  try {
    const response = await requests.several(calls, request.signal);
    if (!response.ok) await readOutput(response, request.signal);
    for await (const line of readLines(response)) settle(line, open, response);
    throw unreadable(response);
  } catch (failure) {
    for (const call of open.values()) call.reject(failure);
  } finally {
    // Removes the listeners from the callers' signals, which may outlive the request.
    request.abort();
  }
}

/** A line of the response: the result of one call. */
interface Line {
  readonly index?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
  /** The position of the output of a live query. */
  readonly live?: unknown;
}

function settle(
  text: string,
  open: Map<number, WaitingCall>,
  response: Response,
): void {
  let line = parseLine(text, response);
  if (typeof line.index !== "number") throw unreadable(response);
  const call = open.get(line.index);
  open.delete(line.index);
  if (!call) return;
  const { codec } = call;
  if (codec?.exact) {
    const exact = markIntegers(text);
    if (exact !== text) line = parseLine(exact, response);
  }
  if (!("output" in line)) {
    call.reject(readProblem(line.error, response, codec));
    return;
  }
  if (typeof line.live === "string")
    call.onPosition?.(parsePosition(line.live));
  try {
    call.resolve(decodeOutput(line.output, codec, response));
  } catch (failure) {
    call.reject(failure);
  }
}

function parseLine(text: string, response: Response): Line {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch (cause) {
    throw unreadable(response, cause);
  }
}

function rejectAborted(call: WaitingCall): boolean {
  if (!call.signal?.aborted) return false;
  call.reject(unanswered(undefined, call.signal));
  return true;
}
