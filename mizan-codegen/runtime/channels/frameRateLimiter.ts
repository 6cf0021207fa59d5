/** Sends frames no faster than the server takes them. */
export interface FrameRateLimiter {
  send(frame: string): void;
  /** Sends ahead of what waits: an answer that is due in time. */
  sendNow(frame: string): void;
  /** Forgets what waits. */
  stop(): void;
}

/**
 * Makes the pace for a server that takes `rate` frames a second.
 *
 * A bucket of tokens: one second's frames go at once, then it fills at 0.7 of the rate. So none of
 * the server's windows of 5 seconds holds more than 0.9 of what it takes, wherever it begins.
 */
export function createFrameRateLimiter(
  rate: number,
  write: (frame: string) => void,
): FrameRateLimiter {
  const capacity = Math.max(1, rate);
  const perMillisecond = (rate * 0.7) / 1_000;
  const waiting: string[] = [];
  let tokens = capacity;
  let filledAt = Date.now();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function fill(): void {
    const now = Date.now();
    const grown = Math.max(0, now - filledAt) * perMillisecond;
    tokens = Math.min(capacity, tokens + grown);
    filledAt = now;
  }

  function flush(): void {
    timer = undefined;
    fill();
    while (tokens >= 1) {
      const frame = waiting.shift();
      if (frame === undefined) return;
      tokens -= 1;
      write(frame);
    }
    if (waiting.length > 0)
      timer = setTimeout(flush, Math.ceil((1 - tokens) / perMillisecond));
  }

  return {
    send(frame) {
      waiting.push(frame);
      if (timer === undefined) flush();
    },
    sendNow(frame) {
      fill();
      tokens -= 1;
      write(frame);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      waiting.length = 0;
    },
  };
}
