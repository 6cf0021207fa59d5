import {
  isObject,
  readLines,
  readOutput,
  readProblem,
  unanswered,
  unreadable,
} from "./response";

/** Calls that one request may carry; the server refuses more. */
const maxCalls = 64;

/** A query to be asked together with others. */
export interface BatchedCall {
  readonly name: string;
  readonly input: unknown;
  readonly signal: AbortSignal | undefined;
}

/** How a batch reaches the server. */
export interface BatchRequests {
  /** Asks one query by itself. */
  one(call: BatchedCall): Promise<unknown>;
  /** Asks several in one request. */
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
 * Makes a function that gathers the calls of one turn of the event loop into one request.
 *
 * Each call settles when its own line of the reply arrives, and is aborted by its own signal; the
 * request itself ends when nobody waits for it any more.
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
  if (first && calls.length === 1)
    return requests.one(first).then(first.resolve, first.reject);

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
    const reply = await requests.several(calls, request.signal);
    if (!reply.ok) await readOutput(reply, request.signal);
    for await (const line of readLines(reply)) settle(line, open, reply);
    throw unreadable(reply);
  } catch (failure) {
    for (const call of open.values()) call.reject(failure);
  } finally {
    // Also lets go of the callers' signals, which may outlive this request.
    request.abort();
  }
}

/** A line of the reply: how one call went. */
interface Line {
  readonly index?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

function settle(
  value: unknown,
  open: Map<number, WaitingCall>,
  reply: Response,
): void {
  const line: Line = isObject(value) ? value : {};
  if (typeof line.index !== "number") throw unreadable(reply);
  const call = open.get(line.index);
  open.delete(line.index);
  if ("output" in line) call?.resolve(line.output);
  else call?.reject(readProblem(line.error, reply));
}

function rejectAborted(call: WaitingCall): boolean {
  if (!call.signal?.aborted) return false;
  call.reject(unanswered(undefined, call.signal));
  return true;
}
