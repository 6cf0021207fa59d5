import { decodeWith, type Codec } from "./codec";
import { CallError } from "./error";
import { parseJson } from "./json";

/** Returns the output in a response, or throws the error that it describes. */
export async function readOutput(
  response: Response,
  signal?: AbortSignal,
  codec?: ReplyCodec,
): Promise<unknown> {
  const body = await readJson(response, signal, codec);
  if (response.ok) return decodeOutput(body, codec, response);
  throw readProblem(body, response, codec);
}

/** The conversions of a reply from JSON. */
export type ReplyCodec = Pick<Codec, "decode" | "decodeError" | "exact">;

/** Converts the output of a function from JSON. */
export function decodeOutput(
  json: unknown,
  codec?: ReplyCodec,
  response?: Response,
): unknown {
  return codec?.decode
    ? decodeWith(codec.decode, json, response?.status)
    : json;
}

/** Yields the lines of a response as they arrive. */
export async function* readLines(
  response: Response,
): AsyncGenerator<string, void> {
  if (!isJson(response)) throw unreadable(response);
  const { body } = response as { readonly body?: Response["body"] };
  if (!body) {
    // React Native has no streams: the lines are read when all have arrived.
    const lines = (await readText(response)).split("\n");
    yield* lines.filter((line) => line.trim() !== "");
    return;
  }
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const text = done
        ? decoder.decode()
        : decoder.decode(value, { stream: true });
      // Only the new text is searched, so that a long line takes linear time.
      const lines = text.split("\n");
      lines[0] = rest + (lines[0] ?? "");
      rest = done ? "" : (lines.pop() ?? "");
      for (const line of lines) {
        if (line.trim() !== "") yield line;
      }
      if (done) return;
    }
  } catch (cause) {
    throw unreadable(response, cause);
  }
}

/** The members of a problem document (RFC 9457). Their types are not checked yet. */
interface Problem {
  readonly title?: unknown;
  readonly status?: unknown;
  readonly detail?: unknown;
  readonly code?: unknown;
  readonly fields?: unknown;
  readonly data?: unknown;
  readonly error_id?: unknown;
  readonly outdated_client?: unknown;
}

/** Converts a problem document to an error. */
export function readProblem(
  document: unknown,
  response?: Response,
  codec?: ReplyCodec,
): CallError {
  const problem: Problem = isObject(document) ? document : {};
  const { code, status, fields, data, error_id: errorId } = problem;
  if (typeof code !== "string") return unreadable(response);
  const decodeError = codec?.decodeError;
  if (decodeError && isObject(data)) {
    try {
      decodeWith(() => decodeError(code, data), data, response?.status);
    } catch (failure) {
      if (failure instanceof CallError) return failure as CallError;
      throw failure;
    }
  }
  return new CallError({
    code,
    message: firstString(problem.detail, problem.title) ?? code,
    status: typeof status === "number" ? status : (response?.status ?? 0),
    fields: isObject(fields) ? (fields as Record<string, string[]>) : undefined,
    errorId: typeof errorId === "string" ? errorId : undefined,
    outdated: problem.outdated_client === true,
    retryAfter: retryAfter(response),
    data: isObject(data) ? data : undefined,
  });
}

/** Returns the error of a call whose response is incomplete, or is not from a mizan server. */
export function unreadable(response?: Response, cause?: unknown): CallError {
  const status = response?.status ?? 0;
  return new CallError({
    code: "unreadable_reply",
    message: `unreadable response (HTTP status ${status})`,
    status,
    retryAfter: retryAfter(response),
    cause,
  });
}

/** Returns the error of a call without a response: it was aborted, or the server is unreachable. */
export function unanswered(
  cause: unknown,
  signal: AbortSignal | undefined,
): CallError {
  return signal?.aborted
    ? new CallError({
        code: "aborted",
        message: "the call was aborted",
        cause: signal.reason,
      })
    : new CallError({
        code: "network",
        message: "the server could not be reached",
        cause,
      });
}

/** Returns whether a JSON value is an object. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function readText(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw unreadable(response, cause);
  }
}

async function readJson(
  response: Response,
  signal: AbortSignal | undefined,
  codec: ReplyCodec | undefined,
): Promise<unknown> {
  if (!isJson(response)) throw unreadable(response);
  try {
    if (codec?.exact) return parseJson(await response.text());
    return await response.json();
  } catch (cause) {
    throw signal?.aborted
      ? unanswered(cause, signal)
      : unreadable(response, cause);
  }
}

function isJson(response: Response): boolean {
  return /json/i.test(response.headers.get("content-type") ?? "");
}

/** Returns the seconds in `Retry-After`, which has a number or a date (RFC 9110, section 10.2.3). */
function retryAfter(response: Response | undefined): number | undefined {
  const text = response?.headers.get("retry-after")?.trim();
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const seconds = Math.ceil((Date.parse(text) - Date.now()) / 1_000);
  return Number.isNaN(seconds) ? undefined : Math.max(seconds, 0);
}

function firstString(...candidates: unknown[]): string | undefined {
  return candidates.find((candidate) => typeof candidate === "string");
}
