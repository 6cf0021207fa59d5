import { CallError } from "./error";
import { unanswered } from "./response";

/** The time in which the browser begins to save a file, in milliseconds. */
const saveDelay = 40_000;

/** A file that a function returned. */
export interface Download {
  /** The name of the file, without folders. */
  readonly name: string;
  /** The content type, such as `text/csv`. */
  readonly type: string;
  /** The size in bytes, or `undefined` if the server does not know it. */
  readonly size: number | undefined;
  /**
   * The content as it arrives. It is read once, either with this stream or with `blob` or `save`. It fails
   * if the connection ends before the whole file has arrived.
   */
  readonly stream: ReadableStream<Uint8Array>;
  /** Reads the whole content. */
  readonly blob: () => Promise<Blob>;
  /** Reads the whole content, and saves it like other downloads of the browser. */
  readonly save: () => Promise<void>;
}

/** Options of the content of a download. */
export interface ContentOptions {
  /** Called with the number of bytes that have arrived, and the size of the file if it is known. */
  readonly onProgress?:
    ((loaded: number, size: number | undefined) => void) | undefined;
  /** Aborts the download, also while the content arrives. */
  readonly signal?: AbortSignal | undefined;
}

/** Returns the file in a successful response. */
export function toDownload(
  response: Response,
  options: ContentOptions,
): Download {
  const { headers } = response;
  const name = fileName(headers.get("content-disposition") ?? "");
  const type = headers.get("content-type") ?? "application/octet-stream";
  const size = sizeOf(headers);
  let stream: ReadableStream<Uint8Array> | undefined;
  const content = (): ReadableStream<Uint8Array> =>
    (stream ??= readContent(response, size, options));
  // React Native has no streams.
  const { body } = response as { readonly body?: Response["body"] };
  const blob = (): Promise<Blob> =>
    body === undefined
      ? response.blob()
      : new Response(content(), { headers: { "content-type": type } }).blob();
  return {
    name,
    type,
    size,
    get stream() {
      return content();
    },
    blob,
    save: async () => save(name, await blob()),
  };
}

/** Returns the size of the content, unless it is compressed. */
function sizeOf(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length === null || headers.has("content-encoding")
    ? undefined
    : Number(length);
}

/** Returns the name in `Content-Disposition` (RFC 6266). */
function fileName(disposition: string): string {
  const extended = /;\s*filename\*=utf-8'[^']*'([^;\s]+)/i.exec(disposition);
  const [, plain] = /;\s*filename="((?:[^"\\]|\\.)*)"/i.exec(disposition) ?? [];
  try {
    if (extended?.[1]) return decodeURIComponent(extended[1]);
  } catch {
    // The plain name is used.
  }
  return plain?.replace(/\\(.)/g, "$1") ?? "file";
}

function readContent(
  response: Response,
  size: number | undefined,
  { signal, onProgress }: ContentOptions,
): ReadableStream<Uint8Array> {
  if (!response.body)
    throw new Error("this platform has no streams: read the file with `blob`");
  const reader = response.body.getReader();
  const abort = (): void => void reader.cancel().catch(() => undefined);
  signal?.addEventListener("abort", abort);
  const stop = (): void => signal?.removeEventListener("abort", abort);
  let loaded = 0;

  async function read(): Promise<Uint8Array | undefined> {
    let cause: unknown;
    try {
      const { done, value } = await reader.read();
      if (value && !signal?.aborted) return value;
      if (done && !signal?.aborted && (size ?? loaded) === loaded)
        return undefined;
    } catch (error) {
      cause = error;
    }
    if (signal?.aborted) throw unanswered(cause, signal);
    throw new CallError({
      code: "unreadable_reply",
      message: `the file is incomplete: the connection ended after ${loaded} bytes`,
      status: response.status,
      cause,
    });
  }

  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const part = await read();
        if (part) {
          loaded += part.byteLength;
          onProgress?.(loaded, size);
          controller.enqueue(part);
          return;
        }
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      stop();
    },
    cancel(reason) {
      stop();
      return reader.cancel(reason);
    },
  });
}

function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), saveDelay);
}
