import { CallError } from "./error";

/** Reads the output out of a reply, or throws the failure that the reply tells. */
export async function readOutput(
  reply: Response,
  signal?: AbortSignal,
): Promise<unknown> {
  const body = await readJson(reply, signal);
  if (reply.ok) return body;
  throw readProblem(body, reply);
}

/** Reads JSON lines, each as soon as it has arrived whole. */
export async function* readLines(reply: Response): AsyncGenerator<unknown> {
  if (!reply.body || !isJson(reply)) throw unreadable(reply);
  const reader = reply.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split("\n");
      rest = done ? "" : (lines.pop() ?? "");
      for (const line of lines) {
        if (line.trim() !== "") yield JSON.parse(line);
      }
      if (done) return;
    }
  } catch (cause) {
    throw unreadable(reply, cause);
  }
}

/** The members of a problem document (RFC 9457) that are read, none of them taken on trust. */
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

/** Turns a problem document into the failure that it describes. */
export function readProblem(document: unknown, reply?: Response): CallError {
  const problem: Problem = isObject(document) ? document : {};
  const { code, status, fields, data, error_id: errorId } = problem;
  if (typeof code !== "string") return unreadable(reply);
  return new CallError({
    code,
    message: firstString(problem.detail, problem.title) ?? code,
    status: typeof status === "number" ? status : (reply?.status ?? 0),
    fields: isObject(fields) ? (fields as Record<string, string[]>) : undefined,
    errorId: typeof errorId === "string" ? errorId : undefined,
    outdated: problem.outdated_client === true,
    retryAfter: retryAfter(reply),
    data: isObject(data) ? data : undefined,
  });
}

/** The failure of a call whose answer was cut short, or was none of the server's. */
export function unreadable(reply?: Response, cause?: unknown): CallError {
  const status = reply?.status ?? 0;
  return new CallError({
    code: "unreadable_reply",
    message: `the reply could not be read (HTTP status ${status})`,
    status,
    retryAfter: retryAfter(reply),
    cause,
  });
}

/** The failure of a call that has no answer: it was given up, or the server was not reached. */
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

/** Tells objects from the other JSON values. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function readJson(
  reply: Response,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (!isJson(reply)) throw unreadable(reply);
  try {
    return await reply.json();
  } catch (cause) {
    throw signal?.aborted
      ? unanswered(cause, signal)
      : unreadable(reply, cause);
  }
}

function isJson(reply: Response): boolean {
  return /json/i.test(reply.headers.get("content-type") ?? "");
}

function retryAfter(reply: Response | undefined): number | undefined {
  const seconds = reply?.headers.get("retry-after")?.trim();
  return seconds && /^\d+$/.test(seconds) ? Number(seconds) : undefined;
}

function firstString(...candidates: unknown[]): string | undefined {
  return candidates.find((candidate) => typeof candidate === "string");
}
