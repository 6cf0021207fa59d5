import { afterEach, describe, expect, it, vi } from "vitest";
import { createApi } from "../../../tests/cases/streams/expected/client";
import {
  createMockApi,
  mockError,
} from "../../../tests/cases/streams/expected/mock";
import { transportOf } from "../../transport";
import { eventStream, events } from "../support/eventStreams";
import { fakeServer, problem } from "../support/server";

const token = (index: string, text = "a"): string =>
  `data: {"text":"${text}","index":${index},"at":"2026-01-01T00:00:00Z"}\n\n`;
const end = "event: end\ndata: {}\n\n";

async function collect<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const part of parts) collected.push(part);
  return collected;
}

afterEach(() => vi.useRealTimers());

describe("a stream", () => {
  it("yields parts, and converts them", async () => {
    const { fetch, sent } = fakeServer(() =>
      events(`:\n\n${token("9007199254740993")}:\n\n${token("2")}${end}`),
    );
    const api = createApi({ fetch });
    const parts = await collect(api.complete({ prompt: "Hello" }));
    expect(parts.map(({ index }) => index)).toEqual([9007199254740993n, 2n]);
    expect(parts[0]?.at).toEqual(new Date("2026-01-01"));
    expect(sent).toHaveLength(1);
    expect(sent[0]?.method).toBe("POST");
    expect(sent[0]?.url).toBe("/api/mizan/call/complete?contract=0e0e0e0e");
    expect(sent[0]?.body).toEqual({ prompt: "Hello" });
    expect(sent[0]?.headers.get("accept")).toBe("text/event-stream");
  });

  it("of a query is requested with GET", async () => {
    const { fetch, sent } = fakeServer(() => events(`data: "a"\n\n${end}`));
    expect(await collect(createApi({ fetch }).lines())).toEqual(["a"]);
    expect(sent[0]?.method).toBe("GET");
  });

  it("is requested when its first part is taken", async () => {
    const { fetch, sent } = fakeServer(() => events(end));
    const parts = createApi({ fetch }).lines();
    expect(sent).toEqual([]);
    expect(await parts.next()).toEqual({ done: true, value: undefined });
    expect(sent).toHaveLength(1);
  });

  it("throws the error before its first part", async () => {
    const { fetch } = fakeServer(() =>
      problem(413, "too_long", { data: { max: 3 } }),
    );
    const parts = createApi({ fetch }).complete({ prompt: "" });
    await expect(parts.next()).rejects.toMatchObject({
      code: "too_long",
      status: 413,
      max: 3,
    });
  });

  it("throws the error that the server sends in place of a part", async () => {
    const data = { until: "2026-01-01T00:00:00Z", queue: 9007199254740993n };
    const document = `{"code":"overloaded","status":409,"detail":"busy","data":{"until":"${data.until}","queue":${data.queue}}}`;
    const { fetch } = fakeServer(() =>
      events(`${token("1")}event: problem\ndata: ${document}\n\n`),
    );
    const api = createApi({ fetch });
    const results = await collect(api.complete.safe({ prompt: "" }));
    expect(results).toHaveLength(2);
    expect(results[1]).toMatchObject({
      ok: false,
      error: {
        code: "overloaded",
        status: 409,
        until: new Date("2026-01-01"),
        queue: 9007199254740993n,
      },
    });
  });

  it("that ends without its last event is incomplete", async () => {
    const { fetch } = fakeServer(() => events('data: "a"\n\n'));
    const parts = createApi({ fetch }).lines();
    expect(await parts.next()).toEqual({ done: false, value: "a" });
    await expect(parts.next()).rejects.toMatchObject({ code: "network" });
  });

  it("that is no event stream is unreadable", async () => {
    const { fetch } = fakeServer(() => new Response("<html>"));
    const parts = createApi({ fetch }).lines();
    await expect(parts.next()).rejects.toMatchObject({
      code: "unreadable_reply",
    });
  });

  it("invalidates what the function affects", async () => {
    const affects =
      'event: end\ndata: {"affects":"lines,post?input=%7B%22id%22%3A7%7D"}\n\n';
    const { fetch } = fakeServer(() => events(token("1") + affects));
    const api = createApi({ fetch });
    const listener = vi.fn();
    api[transportOf].onAffects(listener);
    const parts = api.complete({ prompt: "" });
    await parts.next();
    expect(listener).not.toHaveBeenCalled();
    await parts.next();
    expect(listener).toHaveBeenCalledExactlyOnceWith([
      { name: "lines", returns: false },
      { name: "post", input: { id: 7 }, returns: false },
    ]);
  });

  it("ends its request when the loop ends", async () => {
    const open = eventStream();
    const { fetch } = fakeServer(() => open.response);
    open.write('data: "a"\n\n');
    for await (const line of createApi({ fetch }).lines()) {
      expect(line).toBe("a");
      break;
    }
    expect(open.isCancelled).toBe(true);
  });

  it.each([undefined, 60_000])(
    "ends with its signal (timeout: %s)",
    async (timeout) => {
      const open = eventStream();
      const { fetch } = fakeServer(() => open.response);
      const controller = new AbortController();
      const { signal } = controller;
      const parts = createApi({ fetch, timeout }).lines(undefined, { signal });
      open.write('data: "a"\n\n');
      await parts.next();
      const next = parts.next();
      controller.abort();
      await expect(next).rejects.toMatchObject({ code: "aborted" });
      expect(open.isCancelled).toBe(true);
    },
  );

  it("stops on the server", async () => {
    const open = eventStream();
    const { fetch } = fakeServer(() => open.response);
    const parts = createApi({ fetch }).lines();
    open.write('data: "a"\n\n');
    await parts.next();
    await parts.stop();
    expect(open.isCancelled).toBe(true);
  });
});

describe("a resumable stream", () => {
  it("continues after a lost connection", async () => {
    const first = eventStream({ "mizan-stream": "s1" });
    const responses = [
      () => first.response,
      () => Promise.reject(new TypeError("refused")),
      () => events(`id: s1.2\n${token("2")}${end}`),
    ];
    const { fetch, sent } = fakeServer(() => responses.shift()!());
    const parts = createApi({ fetch }).complete(
      { prompt: "" },
      { streamKey: "key-of-a-message" },
    );
    first.write(`id: s1.1\n${token("1")}`);
    expect((await parts.next()).value?.index).toBe(1n);
    vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 100 });
    first.lose();
    expect((await parts.next()).value?.index).toBe(2n);
    expect(await parts.next()).toEqual({ done: true, value: undefined });
    const ids = sent.map(({ headers }) => headers.get("last-event-id"));
    expect(ids).toEqual([null, "s1.1", "s1.1"]);
    const keys = sent.map(({ headers }) => headers.get("idempotency-key"));
    expect(new Set(keys)).toEqual(new Set(["key-of-a-message"]));
  });

  it("continues in another process when its server shuts down", async () => {
    const shutdown =
      'retry: 1\nevent: problem\ndata: {"code":"unavailable","status":503,"detail":"bye"}\n\n';
    const responses = [
      events(`id: s1.1\n${token("1")}${shutdown}`),
      events(`id: s1.2\n${token("2")}${end}`),
    ];
    const { fetch } = fakeServer(() => responses.shift()!);
    const parts = createApi({ fetch }).complete({ prompt: "" });
    expect(await collect(parts)).toHaveLength(2);
  });

  it("fails if the server does not know it any more", async () => {
    const responses = [
      events(`id: s1.1\n${token("1")}`),
      problem(404, "not_found"),
    ];
    const { fetch } = fakeServer(() => responses.shift()!);
    const parts = createApi({ fetch }).complete({ prompt: "" });
    await parts.next();
    await expect(parts.next()).rejects.toMatchObject({ code: "not_found" });
  });

  it("stops on the server by its id", async () => {
    const open = eventStream({ "mizan-stream": "s/1" });
    const { fetch, sent } = fakeServer(({ method }) =>
      method === "DELETE" ? new Response(null, { status: 204 }) : open.response,
    );
    const parts = createApi({ fetch }).complete({ prompt: "" });
    open.write(`id: s1.1\n${token("1")}`);
    await parts.next();
    await parts.stop();
    expect(sent[1]).toMatchObject({
      method: "DELETE",
      url: "/api/mizan/stream/s%2F1",
    });
    expect(open.isCancelled).toBe(true);
  });
});

describe("a mock of a stream", () => {
  it("yields its parts and throws its error", async () => {
    const api = createMockApi({
      lines: ["a", "b"],
      complete: async function* ({ prompt }) {
        await Promise.resolve();
        yield { text: prompt, index: 9007199254740993n, at: new Date(0) };
        throw mockError("overloaded", { until: new Date(0), queue: 1n });
      },
      ticks: () => mockError("overloaded", { until: new Date(0), queue: 1n }),
    });
    expect(await collect(api.lines())).toEqual(["a", "b"]);
    const parts = api.complete({ prompt: "Hello" });
    expect((await parts.next()).value).toEqual({
      text: "Hello",
      index: 9007199254740993n,
      at: new Date(0),
    });
    const error = { code: "overloaded", until: new Date(0), queue: 1n };
    await expect(parts.next()).rejects.toMatchObject(error);
    await expect(api.ticks({ since: 1n }).next()).rejects.toMatchObject(error);
  });
});
