import { CallError } from "./error";
import { unanswered } from "./response";
import type { RetryPolicy } from "./retry";

/** The longest delay of a timer. Longer ones would end at once. */
const maxTimeout = 2 ** 31 - 1;

/** Limits of a call. */
export interface AttemptOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeout?: number | undefined;
  readonly retry?: RetryPolicy | false | undefined;
}

/**
 * Runs a call until it succeeds, its retry policy gives up, or its timeout ends.
 *
 * `attempt` receives a signal that is aborted by the caller's signal and by the timeout.
 */
export async function runAttempts<T>(
  { signal, timeout = Infinity, retry }: AttemptOptions,
  attempt: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (timeout > maxTimeout) return repeat(attempt, signal, retry);
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  const timeoutState = { isOver: false };
  const timer = setTimeout(() => {
    timeoutState.isOver = !controller.signal.aborted;
    controller.abort();
  }, timeout);
  try {
    return await repeat(attempt, controller.signal, retry);
  } catch (cause) {
    const isAborted = cause instanceof CallError && cause.code === "aborted";
    if (!timeoutState.isOver || !isAborted) throw cause;
    throw new CallError({
      code: "timeout",
      message: `the server did not respond within ${timeout} ms`,
      cause,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

async function repeat<T>(
  attempt: (signal: AbortSignal | undefined) => Promise<T>,
  signal: AbortSignal | undefined,
  retry: RetryPolicy | false | undefined,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt(signal);
    } catch (error) {
      const delay =
        retry && error instanceof CallError
          ? retry(error as CallError, failures)
          : undefined;
      if (delay === undefined) throw error;
      await sleep(delay, signal);
    }
  }
}

/** Waits, and rejects when `signal` is aborted. */
function sleep(delay: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(unanswered(undefined, signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, delay);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort);
  });
}
