/** Request that the client sent. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: unknown;
  /** Body as JSON. */
  readonly text: string | undefined;
  readonly signal: AbortSignal | null;
}

/** Returns a fake of `fetch` that replies with `answer` and records the requests. */
export function fakeServer(
  answer: (sent: Sent) => Response | Promise<Response>,
): {
  readonly fetch: typeof fetch;
  readonly sent: Sent[];
} {
  const sent: Sent[] = [];
  return {
    sent,
    fetch: (input, init = {}) => {
      const request: Sent = {
        method: init.method ?? "GET",
        url: input instanceof Request ? input.url : input.toString(),
        headers: new Headers(init.headers),
        body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
        text: typeof init.body === "string" ? init.body : undefined,
        signal: init.signal ?? null,
      };
      if (request.signal?.aborted) return Promise.reject(request.signal.reason);
      sent.push(request);
      return new Promise((resolve, reject) => {
        request.signal?.addEventListener("abort", () =>
          reject(request.signal?.reason),
        );
        Promise.resolve(request).then(answer).then(resolve, reject);
      });
    },
  };
}

/** Returns a JSON response. */
export function json(body: unknown, init: ResponseInit = {}): Response {
  const headers = new Headers(init.headers);
  if (!headers.has("content-type"))
    headers.set("content-type", "application/json");
  return new Response(JSON.stringify(body), { ...init, headers });
}

/** Returns a problem response. */
export function problem(
  status: number,
  code: string,
  members: object = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = {
    type: "about:blank",
    title: "Title",
    status,
    detail: `it was ${code}`,
    code,
  };
  return json(
    { ...body, ...members },
    {
      status,
      headers: { "content-type": "application/problem+json", ...headers },
    },
  );
}

/** Response of JSON lines that the test writes one by one. */
export function lines(): {
  readonly response: Response;
  write(line: unknown): void;
  writeText(text: string): void;
  /** Sends each byte as its own chunk. */
  writeBytes(text: string): void;
  close(): void;
  fail(): void;
} {
  const encoder = new TextEncoder();
  let controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (made) => void (controller = made),
  });
  const writeText = (text: string): void =>
    controller.enqueue(encoder.encode(text));
  return {
    response: new Response(body, {
      headers: { "content-type": "application/jsonl" },
    }),
    write: (line) => writeText(`${JSON.stringify(line)}\n`),
    writeText,
    writeBytes: (text) => {
      for (const byte of encoder.encode(text))
        controller.enqueue(Uint8Array.of(byte));
    },
    close: () => controller.close(),
    fail: () => controller.error(new TypeError("connection reset")),
  };
}

/** Waits until the callbacks of settled promises have run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
