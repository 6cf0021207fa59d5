import { encodeUntyped } from "../codecs/untyped";
import { CallError } from "../transport/error";
import { parseJson, stringifyJson } from "../transport/json";
import type { ApiOptions } from "../transport/transport";

/** A mock of a function: an output, an error from {@link mockError}, or a function that returns one of them. */
export type Mock<I, O, E> =
  O | E | ((input: I, request: Request) => O | E | Promise<O | E>);

/** The parts that a mock of a stream yields. */
type MockParts<O> = AsyncIterable<O> | Iterable<O>;

/** A mock of a function that returns a stream: its parts, an error, or a function that returns one of them. */
export type StreamMock<I, O, E> =
  | MockParts<O>
  | E
  | ((
      input: I,
      request: Request,
    ) => MockParts<O> | E | Promise<MockParts<O> | E>);

/** A query that a mutation affects. */
interface AffectedQuery {
  readonly query: string;
  readonly input?: Readonly<Record<string, string>>;
  readonly returns?: boolean;
}

/** A function of the server, for its mocks. */
export interface MockedFunction {
  /** The place of its mock, such as `forms.contact.submit`. */
  readonly path: string;
  /** Converts the input from JSON, in place. */
  readonly decode?: (json: unknown) => unknown;
  readonly affects?: readonly AffectedQuery[];
  /** Set if it returns a stream. */
  readonly stream?: boolean;
}

/** The functions of the server, by their names on the wire. */
export type MockedFunctions = Readonly<Record<string, MockedFunction>>;

/** Replies to a request like the server. A resolver of MSW. */
export type MockResolver = (info: {
  readonly request: Request;
}) => Promise<Response>;

/** Details of an error. */
export interface MockErrorInit {
  /** The HTTP status, by default 400 or the status of a common code. */
  readonly status?: number;
  readonly message?: string;
  /** The messages by path of the input field. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /** The delay before the next attempt in seconds. */
  readonly retryAfter?: number;
}

const statuses: Readonly<Record<string, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  unknown_function: 404,
  conflict: 409,
  invalid: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
};

/** Creates an error that a mock returns or throws: `mockError("taken", { by: "Ada" })`. */
export function mockError<Code extends string, Data extends object = {}>(
  code: Code,
  data?: Data,
  {
    message = code,
    status = statuses[code] ?? 400,
    ...init
  }: MockErrorInit = {},
): CallError<NoInfer<Code>> & Readonly<NoInfer<Data>> {
  const error = new CallError({ ...init, code, message, status, data });
  return error as CallError<Code> & Readonly<Data>;
}

/** Creates a resolver that replies with `mocks`. */
export function createResolver(
  functions: MockedFunctions,
  mocks: object,
): MockResolver {
  return async ({ request }) => {
    const url = new URL(request.url);
    const [, name, batch] =
      /\/(?:call\/([^/]+)|(batch))$/.exec(url.pathname) ?? [];
    if (batch) return replyToBatch(functions, mocks, request);
    const reply = await call(
      functions,
      mocks,
      decodeURIComponent(name ?? ""),
      name && (await readInput(request, url)),
      request,
    );
    if ("error" in reply) return problemResponse(reply.error);
    if (reply.isStream)
      return streamResponse(reply.output as MockParts<unknown>, reply.headers);
    if (isFile(reply.output)) return fileResponse(reply.output, reply.headers);
    const headers = { "content-type": "application/json", ...reply.headers };
    return new Response(toJson(reply.output), { headers });
  };
}

/** Returns the options of an api without a network. */
export function mockOptions(
  functions: MockedFunctions,
  mocks: object,
): ApiOptions {
  const resolve = createResolver(functions, mocks);
  return {
    baseUrl: "http://mock.invalid/api/mizan",
    fetch: (input, init) =>
      new Promise((respond, reject) => {
        const { signal } = init ?? {};
        const abort = (): void => reject(new Error("the call was aborted"));
        if (signal?.aborted) abort();
        signal?.addEventListener("abort", abort);
        const request = new Request(input, { ...init, signal: null });
        resolve({ request }).then(respond, reject);
      }),
  };
}

type Reply =
  | {
      readonly output: unknown;
      readonly headers: Record<string, string>;
      readonly isStream?: boolean | undefined;
    }
  | { readonly error: CallError };

async function call(
  functions: MockedFunctions,
  mocks: object,
  name: string,
  input: unknown,
  request: Request,
): Promise<Reply> {
  const mocked = new Map(Object.entries(functions)).get(name);
  const mock = mocked && memberAt(mocks, mocked.path);
  if (!mocked || mock === undefined) {
    const message = `there is no mock of \`${mocked?.path ?? name}\``;
    return { error: mockError("unknown_function", {}, { message }) };
  }
  try {
    const affects = affectsHeader(mocked.affects ?? [], input);
    const given = mocked.decode ? mocked.decode(input) : input;
    const output: unknown = await (typeof mock === "function"
      ? (mock as (input: unknown, request: Request) => unknown)(given, request)
      : mock);
    if (output instanceof CallError) return { error: output as CallError };
    const headers: Record<string, string> =
      affects === "" ? {} : { "mizan-affects": affects };
    return { output, headers, isStream: mocked.stream };
  } catch (error) {
    if (error instanceof CallError) return { error: error as CallError };
    throw error;
  }
}

/** Returns the parts as server-sent events. A part is taken from the mock when the client reads it. */
function streamResponse(
  parts: MockParts<unknown>,
  { "mizan-affects": affects }: Record<string, string>,
): Response {
  async function* events(): AsyncGenerator<string, void> {
    try {
      for await (const part of parts) yield `data: ${toJson(part)}\n\n`;
      yield `event: end\ndata: ${toJson(affects ? { affects } : {})}\n\n`;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const document = toJson(problem(error as CallError));
      yield `event: problem\ndata: ${document}\n\n`;
    }
  }
  const iterator = events();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: () => void iterator.return(),
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream" },
  });
}

async function replyToBatch(
  functions: MockedFunctions,
  mocks: object,
  request: Request,
): Promise<Response> {
  const calls = parseJson(await request.text()) as readonly {
    readonly name: string;
    readonly input?: unknown;
  }[];
  const lines = await Promise.all(
    calls.map(async ({ name, input }, index) => {
      const reply = await call(functions, mocks, name, input, request);
      return "error" in reply
        ? toJson({ index, error: problem(reply.error) })
        : toJson({ index, output: reply.output ?? null });
    }),
  );
  const headers = { "content-type": "application/jsonl" };
  return new Response(`${lines.join("\n")}\n`, { headers });
}

/** Reads the input from the URL, from JSON, or from a form with files. */
async function readInput(request: Request, url: URL): Promise<unknown> {
  if (request.method === "GET") {
    const json = url.searchParams.get("input");
    return json === null ? undefined : parseJson(json);
  }
  const type = request.headers.get("content-type") ?? "";
  if (!type.startsWith("multipart/"))
    return parseJson((await request.text()) || "{}");
  const form = await request.formData();
  const json = form.get("input");
  const input = parseJson(typeof json === "string" ? json : "{}") as object;
  for (const [path, file] of form) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    const holder = memberAt(input, keys.join("."));
    if (path !== "input" && typeof holder === "object" && holder)
      Object.assign(holder, { [last]: file });
  }
  return input;
}

/** Returns the member at a path such as `forms.contact`. The empty path is the value itself. */
function memberAt(value: unknown, path: string): unknown {
  let member = value;
  for (const key of path === "" ? [] : path.split(".")) {
    if (typeof member !== "object" || member === null) return undefined;
    member = (member as Readonly<Record<string, unknown>>)[key];
  }
  return member;
}

function affectsHeader(
  affects: readonly AffectedQuery[],
  input: unknown,
): string {
  const entries = affects.map(({ query, input: names = {}, returns }) => {
    const values = Object.entries(names).map(
      ([name, argument]) => [name, memberAt(input, argument) ?? null] as const,
    );
    const known = values.filter(([, value]) => value !== null);
    const parameters: string[] = [];
    if (known.length > 0) {
      const json = toJson(Object.fromEntries(known));
      parameters.push(`input=${encodeURIComponent(json)}`);
    }
    if (returns && known.length === values.length) parameters.push("returns");
    return parameters.length > 0 ? `${query}?${parameters.join("&")}` : query;
  });
  return entries.join(",");
}

/** Returns whether an output is the file of a function that returns one. */
function isFile(output: unknown): output is File {
  return typeof File !== "undefined" && output instanceof File;
}

function fileResponse(file: File, headers: Record<string, string>): Response {
  const name = encodeURIComponent(file.name).replaceAll("'", "%27");
  return new Response(file, {
    headers: {
      ...headers,
      "content-disposition": `attachment; filename*=UTF-8''${name}`,
      "content-length": String(file.size),
      "content-type": file.type || "application/octet-stream",
    },
  });
}

function problemResponse(error: CallError): Response {
  const headers = new Headers({ "content-type": "application/problem+json" });
  if (error.retryAfter !== undefined)
    headers.set("retry-after", String(error.retryAfter));
  const { status } = error;
  return new Response(toJson(problem(error)), {
    status: status >= 200 ? status : 400,
    headers,
  });
}

/** Members of every error, which are not its data. */
const errorMembers = new Set([
  "cause",
  "code",
  "errorId",
  "fields",
  "message",
  "name",
  "outdated",
  "retryAfter",
  "stack",
  "status",
]);

function problem(error: CallError): object {
  const { code, status, message, fields, errorId, outdated } = error;
  const data = Object.entries(error).filter(
    ([name]) => !errorMembers.has(name),
  );
  return {
    type: "about:blank",
    title: message,
    status,
    detail: message,
    code,
    fields,
    data: Object.fromEntries(data),
    error_id: errorId,
    outdated_client: outdated,
  };
}

function toJson(value: unknown): string {
  // There is no JSON for `undefined`.
  return stringifyJson(encodeUntyped(value)) ?? "null";
}
