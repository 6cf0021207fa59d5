import { afterEach, describe, expect, it, vi } from "vitest";
import { CallError, createTransport } from "../../transport";
import {
  downloadMutation,
  downloadQuery,
  type DownloadMutation,
  type DownloadQuery,
} from "../../transport/downloads";
import type { ApiOptions, CallOptions } from "../../transport";
import { mockOptions } from "../../mock/mock";
import { fakeServer, problem, type Sent } from "../support/server";

interface Input {
  readonly id: number;
}

function createApi(options: ApiOptions): {
  readonly report: DownloadQuery<Input, CallError>;
  readonly archive: DownloadMutation<Input, CallError>;
} {
  const transport = createTransport({ report: "0d0d0d0d" }, options);
  return {
    report: downloadQuery(transport, "report"),
    archive: downloadMutation(transport, "archive"),
  };
}

/** Replies with a file whose parts arrive one after the other. */
function file(
  parts: readonly string[],
  headers: Record<string, string> = {},
  end: (controller: ReadableStreamDefaultController) => void = (controller) =>
    controller.close(),
): Response {
  const rest = [...parts];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = rest.shift();
      if (part === undefined) end(controller);
      else controller.enqueue(new TextEncoder().encode(part));
    },
  });
  return new Response(body, {
    headers: {
      "content-type": "text/csv",
      "content-disposition": 'attachment; filename="report.csv"',
      ...headers,
    },
  });
}

function apiWith(answer: (sent: Sent) => Response): {
  readonly api: ReturnType<typeof createApi>;
  readonly sent: Sent[];
} {
  const { fetch, sent } = fakeServer(answer);
  return { api: createApi({ fetch }), sent };
}

async function failure(call: Promise<unknown>): Promise<CallError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CallError);
  return error as CallError;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("a function that returns a file", () => {
  it("has the name, the type, the size and the content", async () => {
    const { api, sent } = apiWith(() =>
      file(["a,b\n", "1,2\n"], { "content-length": "8" }),
    );
    const report = await api.report({ id: 1 });
    expect(report).toMatchObject({
      name: "report.csv",
      type: "text/csv",
      size: 8,
    });
    const blob = await report.blob();
    expect(blob.type).toBe("text/csv");
    expect(await blob.text()).toBe("a,b\n1,2\n");
    expect(sent[0]).toMatchObject({
      method: "GET",
      url: "/api/mizan/call/report?contract=0d0d0d0d&input=%7B%22id%22%3A1%7D",
    });
  });

  it.each([
    [
      `attachment; filename="_.csv"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E2%82%AC.csv`,
      "Größe €.csv",
    ],
    [`attachment; filename="a \\"b\\".csv"`, 'a "b".csv'],
    [`attachment; filename="a;b=c.csv"`, "a;b=c.csv"],
    [`attachment; filename="a.csv"; filename*=UTF-8''%FF`, "a.csv"],
    ["attachment", "file"],
  ])("reads the name of %s", async (disposition, name) => {
    const headers = new Headers({ "content-disposition": disposition });
    const { api } = apiWith(() => new Response("", { headers }));
    expect((await api.report({ id: 1 })).name).toBe(name);
  });

  it("reports the progress", async () => {
    const { api } = apiWith(() => file(["ab", "c"], { "content-length": "3" }));
    const onProgress = vi.fn();
    await (await api.report({ id: 1 }, { onProgress })).blob();
    expect(onProgress.mock.calls).toEqual([
      [2, 3],
      [3, 3],
    ]);
  });

  it("has a stream that reads only what is consumed", async () => {
    const { api } = apiWith(() => file(["ab", "c"]));
    const { stream, size } = await api.report({ id: 1 });
    expect(size).toBeUndefined();
    const reader = stream.getReader();
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toBe("ab");
    await reader.cancel();
  });

  it("fails if the connection ends too early", async () => {
    const broken = (end?: (it: ReadableStreamDefaultController) => void) =>
      apiWith(() => file(["ab"], { "content-length": "3" }, end)).api;
    for (const api of [
      broken(),
      broken((controller) => controller.error(new TypeError("terminated"))),
    ]) {
      const report = await api.report({ id: 1 });
      const error = await failure(report.blob());
      expect(error.code).toBe("unreadable_reply");
      expect(error.message).toBe(
        "the file is incomplete: the connection ended after 2 bytes",
      );
    }
  });

  it("does not compare the size of compressed content", async () => {
    const { api } = apiWith(() =>
      file(["abcdef"], { "content-length": "3", "content-encoding": "gzip" }),
    );
    const report = await api.report({ id: 1 });
    expect(report.size).toBeUndefined();
    expect(await (await report.blob()).text()).toBe("abcdef");
  });

  it.each<CallOptions>([{}, { timeout: 10_000 }])(
    "is aborted while its content arrives, with %o",
    async (options) => {
      const controller = new AbortController();
      const { signal } = controller;
      const { api } = apiWith(() => file(["ab"], {}, () => undefined));
      const report = await api.report({ id: 1 }, { ...options, signal });
      const blob = report.blob();
      controller.abort();
      expect((await failure(blob)).code).toBe("aborted");
    },
  );

  it("rejects with the error of the server", async () => {
    const { api } = apiWith(() => problem(409, "not_ready", { days: 3 }));
    expect(await failure(api.report({ id: 1 }))).toMatchObject({
      code: "not_ready",
      status: 409,
    });
    const result = await api.archive.safe({ id: 1 });
    expect(result.ok).toBe(false);
  });

  it("is not batched, and a mutation is sent as POST", async () => {
    const { api, sent } = apiWith(() => file(["a"]));
    await Promise.all([
      api.report({ id: 1 }),
      api.report({ id: 2 }),
      api.archive({ id: 3 }),
    ]);
    expect(sent.map(({ method }) => method)).toEqual(["GET", "GET", "POST"]);
  });

  it("has a URL for links", () => {
    const { api } = apiWith(() => file([]));
    expect(api.report.url({ id: 1 })).toBe(
      "/api/mizan/call/report?contract=0d0d0d0d&input=%7B%22id%22%3A1%7D",
    );
  });

  it("is saved under its name", async () => {
    const link = { href: "", download: "", click: vi.fn() };
    vi.stubGlobal("document", { createElement: () => link });
    vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:1");
    const { api } = apiWith(() => file(["a"]));
    await (await api.report({ id: 1 })).save();
    expect(link).toMatchObject({ href: "blob:1", download: "report.csv" });
    expect(link.click).toHaveBeenCalledOnce();
  });

  it("is refused during server rendering", async () => {
    const key = Symbol.for("mizan.functions");
    Reflect.set(globalThis, key, {});
    try {
      const api = createApi({});
      await expect(api.report({ id: 1 })).rejects.toThrow(
        "report returns a file and was called during server rendering",
      );
    } finally {
      Reflect.deleteProperty(globalThis, key);
    }
  });

  it("works without streams, as in React Native", async () => {
    const content = new Blob(["a"]);
    const response = {
      ok: true,
      headers: new Headers(),
      blob: () => Promise.resolve(content),
    } as Response;
    const { api } = apiWith(() => response);
    const report = await api.report({ id: 1 });
    expect(await report.blob()).toBe(content);
    expect(() => report.stream).toThrow("no streams");
  });
});

it("a mock returns a file", async () => {
  const api = createApi(
    mockOptions(
      { report: { path: "report" }, archive: { path: "archive" } },
      {
        report: ({ id }: Input) =>
          new File([`report ${id}`], "Größe 'a'.txt", { type: "text/plain" }),
      },
    ),
  );
  const report = await api.report({ id: 7 });
  expect(report).toMatchObject({
    name: "Größe 'a'.txt",
    type: "text/plain",
    size: 8,
  });
  expect(await (await report.blob()).text()).toBe("report 7");
  expect((await failure(api.archive({ id: 1 }))).code).toBe("unknown_function");
});
