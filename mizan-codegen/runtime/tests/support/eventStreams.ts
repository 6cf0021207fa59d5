/** An event stream that the test writes. */
export interface EventStreamResponse {
  readonly response: Response;
  write(text: string): void;
  close(): void;
  /** Fails like a lost connection. */
  lose(): void;
  readonly isCancelled: boolean;
}

/** Returns a response whose event stream the test writes. */
export function eventStream(
  headers: Readonly<Record<string, string>> = {},
): EventStreamResponse {
  const encoder = new TextEncoder();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const state = { isCancelled: false };
  const body = new ReadableStream<Uint8Array>({
    start: (started) => {
      controller = started;
    },
    cancel: () => {
      state.isCancelled = true;
    },
  });
  return {
    response: new Response(body, {
      headers: { "content-type": "text/event-stream", ...headers },
    }),
    write: (text) => controller.enqueue(encoder.encode(text)),
    close: () => controller.close(),
    lose: () => controller.error(new TypeError("network error")),
    get isCancelled() {
      return state.isCancelled;
    },
  };
}

/** Returns a response with a complete event stream. */
export function events(text: string): Response {
  return new Response(text, {
    headers: { "content-type": "text/event-stream" },
  });
}
