/** Limits the rate of sent frames to what the server allows. */
export interface FrameRateLimiter {
  /** Sends a frame after the queued ones. */
  send(frame: string): void;
  /** Sends a frame immediately, before the queued ones. */
  sendNow(frame: string): void;
  /** Discards the queued frames. */
  stop(): void;
}

/**
 * Creates a limiter for a server that allows `rate` frames per second.
 *
 * It is a token bucket with the capacity of one second, which refills at 0.7 of the rate. Every
 * 5-second window of the server therefore contains at most 0.9 of the allowed frames.
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
