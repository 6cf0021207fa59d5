import { describe, expect, it, vi } from "vitest";
import { createTransport } from "../../transport/transport";
import { createApi } from "../support/api";
import {
  fakeServer,
  json,
  lines,
  problem,
  settled,
  type Sent,
} from "../support/server";

const user = { name: "Ada" };
const settings = { theme: "dark" };

describe("batched queries", () => {
  it("are sent as a plain GET if there is one", async () => {
    const { fetch, sent } = fakeServer(() => json(user));
    await expect(createApi({ fetch }).currentUser()).resolves.toEqual(user);
    expect(sent).toMatchObject([
      { method: "GET", url: "/api/mizan/call/current_user" },
    ]);
  });

  it("are sent in one request if there are several, and settle as their lines arrive", async () => {
    const reply = lines();
    const { fetch, sent } = fakeServer(() => reply.response);
    const api = createApi({ fetch });
    const first = api.currentUser();
    const second = api.settings();
    let firstDone = false;
    void first.then(() => (firstDone = true));
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({
      method: "POST",
      url: "/api/mizan/batch",
      body: [{ name: "current_user" }, { name: "settings" }],
    });

    reply.writeText('{"index":1,"out');
    reply.writeText(`put":${JSON.stringify(settings)}}\n`);
    await expect(second).resolves.toEqual(settings);
    expect(firstDone).toBe(false);
    // No line break after the last line.
    reply.writeText(JSON.stringify({ index: 0, output: user }));
    reply.close();
    await expect(first).resolves.toEqual(user);
  });

  it("are read from chunks that end within a character", async () => {
    const reply = lines();
    const { fetch } = fakeServer(() => reply.response);
    const api = createApi({ fetch });
    const calls = Promise.all([api.currentUser(), api.settings()]);
    reply.writeBytes(
      '{"index":0,"output":{"name":"Zoë 🦀"}}\n\n{"index":1,"output":null}\r\n',
    );
    expect(await calls).toEqual([{ name: "Zoë 🦀" }, null]);
  });

  it("are not combined with those of a later turn", async () => {
    const { fetch, sent } = fakeServer(() => json(user));
    const api = createApi({ fetch });
    await Promise.all([
      api.currentUser(),
      settled().then(() => api.settings()),
    ]);
    expect(sent.map(({ url }) => url)).toEqual([
      "/api/mizan/call/current_user",
      "/api/mizan/call/settings",
    ]);
  });

  it("fail one by one", async () => {
    const reply = lines();
    const { fetch } = fakeServer(() => reply.response);
    const api = createApi({ fetch });
    const calls = Promise.allSettled([api.currentUser(), api.settings()]);
    reply.write({
      index: 0,
      error: { code: "forbidden", status: 403, detail: "no", data: { a: 1 } },
    });
    reply.write({ index: 1, output: settings });
    reply.close();
    expect(await calls).toMatchObject([
      {
        status: "rejected",
        reason: { code: "forbidden", status: 403, message: "no", a: 1 },
      },
      { status: "fulfilled", value: settings },
    ]);
  });

  it.each<[string, (reply: ReturnType<typeof lines>) => void]>([
    ["never comes", (reply) => reply.close()],
    [
      "is cut short",
      (reply) => {
        reply.writeText('{"index":0,"ou');
        reply.close();
      },
    ],
    ["is lost with the connection", (reply) => reply.fail()],
    ["is not JSON", (reply) => reply.writeText("<html>\n")],
    ["has no index", (reply) => reply.write({ output: user })],
  ])("reject the call whose line %s", async (_, end) => {
    const reply = lines();
    const { fetch } = fakeServer(() => reply.response);
    const api = createApi({ fetch });
    const lost = api.currentUser.safe();
    const found = api.settings();
    reply.write({ index: 1, output: settings });
    await expect(found).resolves.toEqual(settings);
    end(reply);
    expect(await lost).toMatchObject({
      ok: false,
      error: { code: "unreadable_reply", status: 200 },
    });
  });

  it("reject a call whose line has neither an output nor a problem", async () => {
    const reply = lines();
    const { fetch } = fakeServer(() => reply.response);
    const api = createApi({ fetch });
    const calls = Promise.all([api.currentUser.safe(), api.settings.safe()]);
    reply.write({ index: 0 });
    reply.write({ index: 1, output: settings });
    reply.close();
    expect(await calls).toMatchObject([
      { ok: false, error: { code: "unreadable_reply" } },
      { ok: true, value: settings },
    ]);
  });

  it.each<[string, () => Response | Promise<Response>, object]>([
    [
      "refused",
      () => problem(503, "unavailable", {}, { "retry-after": "3" }),
      { code: "unavailable", status: 503, retryAfter: 3 },
    ],
    [
      "answered by a proxy",
      () => new Response("<p>", { status: 502 }),
      { code: "unreadable_reply", status: 502 },
    ],
    [
      "answered with a page",
      () => new Response("<p>", { headers: { "content-type": "text/html" } }),
      { code: "unreadable_reply", status: 200 },
    ],
    [
      "not answered",
      () => Promise.reject(new TypeError("offline")),
      { code: "network", status: 0 },
    ],
  ])("all fail when their request is %s", async (_, answer, error) => {
    const { fetch } = fakeServer(answer);
    const api = createApi({ fetch });
    const results = await Promise.all([
      api.currentUser.safe(),
      api.settings.safe(),
    ]);
    expect(results).toMatchObject([
      { ok: false, error },
      { ok: false, error },
    ]);
  });

  it("are split into requests of 64", async () => {
    const answer = ({ body }: Sent): Response => {
      if (!Array.isArray(body)) return json("alone");
      const reply = lines();
      for (const [index, call] of body.entries())
        reply.write({ index, output: call.input });
      reply.close();
      return reply.response;
    };
    const { fetch, sent } = fakeServer(answer);
    const transport = createTransport({}, { fetch });
    const ask = (index: number): Promise<unknown> =>
      transport.query("q", { index }, { batch: true });
    const outputs = await Promise.all(
      Array.from({ length: 129 }, (_, index) => ask(index)),
    );
    expect(
      sent.map(({ body }) => (Array.isArray(body) ? body.length : "GET")),
    ).toEqual([64, 64, "GET"]);
    expect(outputs[63]).toEqual({ index: 63 });
    expect(outputs[64]).toEqual({ index: 64 });
    expect(outputs[128]).toBe("alone");
  });

  it("are aborted individually, and the request with the last one", async () => {
    const reply = lines();
    const { fetch, sent } = fakeServer(() => reply.response);
    const api = createApi({ fetch });
    const first = new AbortController();
    const second = new AbortController();
    const calls = [
      api.currentUser.safe(undefined, { signal: first.signal }),
      api.settings.safe(undefined, { signal: second.signal }),
    ];
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    first.abort();
    expect(await calls[0]).toMatchObject({
      ok: false,
      error: { code: "aborted" },
    });
    expect(sent[0]?.signal?.aborted).toBe(false);
    second.abort();
    expect(await calls[1]).toMatchObject({
      ok: false,
      error: { code: "aborted" },
    });
    expect(sent[0]?.signal?.aborted).toBe(true);
  });

  it("omit calls that were aborted in the same turn", async () => {
    const { fetch, sent } = fakeServer(() => json(settings));
    const api = createApi({ fetch });
    const controller = new AbortController();
    const given = api.currentUser.safe(undefined, {
      signal: controller.signal,
    });
    const kept = api.settings();
    controller.abort();
    expect(await given).toMatchObject({
      ok: false,
      error: { code: "aborted" },
    });
    await expect(kept).resolves.toEqual(settings);
    expect(sent).toMatchObject([
      { method: "GET", url: "/api/mizan/call/settings" },
    ]);
  });

  it("remove their listeners from signals after they settle", async () => {
    const reply = lines();
    const { fetch } = fakeServer(() => reply.response);
    const api = createApi({ fetch });
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const calls = Promise.all([
      api.currentUser(undefined, { signal }),
      api.settings(),
    ]);
    reply.write({ index: 0, output: user });
    reply.write({ index: 1, output: settings });
    reply.close();
    await calls;
    await settled();
    const until = added.mock.calls.map(
      ([, , options]) => (options as AddEventListenerOptions).signal,
    );
    expect(until).toHaveLength(1);
    expect(until[0]?.aborted).toBe(true);
  });

  it("of two apis never share a request", async () => {
    const one = fakeServer(() => json(user));
    const other = fakeServer(() => json(user));
    await Promise.all([
      createApi({ fetch: one.fetch }).currentUser(),
      createApi({ fetch: other.fetch }).currentUser(),
    ]);
    expect(one.sent).toHaveLength(1);
    expect(other.sent).toHaveLength(1);
  });
});
