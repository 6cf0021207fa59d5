import type { CallError } from "./error";

/**
 * Decides whether a failed call is repeated: returns the delay in milliseconds, or `undefined` to give up.
 *
 * `failures` is the number of attempts that have failed, at least 1.
 */
export type RetryPolicy = (
  error: CallError,
  failures: number,
) => number | undefined;

/** Options of {@link retry}. */
export interface RetryOptions {
  /** The maximum number of attempts after the first, 3 by default. */
  readonly retries?: number;
  /** The delay before the second attempt in milliseconds, 1,000 by default. It doubles with each attempt. */
  readonly minDelay?: number;
  /** The longest delay in milliseconds, 30,000 by default. */
  readonly maxDelay?: number;
}

/**
 * Creates a policy that repeats a call after errors that may pass: an unreachable server, and the statuses
 * 429, 502, 503 and 504.
 *
 * The delays grow exponentially and are random within their upper half, so that clients do not repeat their
 * calls at the same time. `Retry-After` is the minimum; after a longer one than `maxDelay`, the policy gives
 * up.
 */
export function retry({
  retries = 3,
  minDelay = 1_000,
  maxDelay = 30_000,
}: RetryOptions = {}): RetryPolicy {
  return (error, failures) => {
    const requested = (error.retryAfter ?? 0) * 1_000;
    const mayPass =
      error.code === "network" || [429, 502, 503, 504].includes(error.status);
    if (!mayPass || failures > retries || requested > maxDelay)
      return undefined;
    const half = Math.min(minDelay * 2 ** (failures - 1), maxDelay) / 2;
    return Math.max(requested, half) + half * Math.random();
  };
}
