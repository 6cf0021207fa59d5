import { afterEach, describe, expect, it, vi } from "vitest";
import { CallError, createTransport, transportOf } from "../../transport";
import { createApi } from "../support/api";
import { fakeServer, json, problem, type Sent } from "../support/server";

const post = { id: "1", title: "One" };

async function failure(call: Promise<unknown>): Promise<CallError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CallError);
  return error as CallError;
}

afterEach(() => vi.unstubAllGlobals());

describe("a mutation", () => {
  it("is sent as POST with JSON", async () => {
    const { fetch, sent } = fakeServer(() => json(post));
    await expect(
      createApi({ fetch }).rename({ id: "1", title: "One" }),
    ).resolves.toEqual(post);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      method: "POST",
      url: "/api/mizan/call/rename",
      body: { id: "1", title: "One" },
    });
    expect(sent[0]?.headers.get("content-type")).toBe("application/json");
  });

  it("without input sends an empty object", async () => {
    const { fetch, sent } = fakeServer(() => json(null));
    await expect(createApi({ fetch }).signOut()).resolves.toBeNull();
    expect(sent[0]).toMatchObject({ method: "POST", body: {} });
  });

  it("reports the affected queries before it resolves, after a success only", async () => {
    const replies = [
      json(post, { headers: { "mizan-affects": "post, posts" } }),
      json(post),
      problem(409, "taken", {}, { "mizan-affects": "post" }),
      new Response("{", {
        headers: { "mizan-affects": "*", "content-type": "application/json" },
      }),
    ];
    const { fetch } = fakeServer(() => replies.shift() ?? json(null));
    const api = createApi({ fetch });
    const heard: string[][] = [];
    const stop = api[transportOf].onAffects((invalidations) =>
      heard.push(invalidations.map(({ name }) => name)),
    );
    const rename = api
      .rename({ id: "1", title: "One" })
      .then(() => expect(heard).toHaveLength(1));
    await rename;
    await api.rename({ id: "1", title: "One" });
    await failure(api.rename({ id: "1", title: "One" }));
    expect(heard).toEqual([["post", "posts"]]);
    await failure(api.rename({ id: "1", title: "One" }));
    expect(heard).toEqual([["post", "posts"], ["*"]]);
    stop();
    replies.push(json(post, { headers: { "mizan-affects": "post" } }));
    await api.rename({ id: "1", title: "One" });
    expect(heard).toHaveLength(2);
  });
});

describe("a query", () => {
  it("is a GET with its input in the URL", async () => {
    const { fetch, sent } = fakeServer(() => json(post));
    await createApi({ fetch, baseUrl: "https://example.test/rpc" }).post({
      id: "a&b=ü",
    });
    const url = new URL(sent[0]?.url ?? "");
    expect(url.origin + url.pathname).toBe(
      "https://example.test/rpc/call/post",
    );
    expect(JSON.parse(url.searchParams.get("input") ?? "")).toEqual({
      id: "a&b=ü",
    });
    expect(sent[0]).toMatchObject({ method: "GET", body: undefined });
    expect(sent[0]?.headers.has("content-type")).toBe(false);
  });

  it("without input has no query string", async () => {
    const { fetch, sent } = fakeServer(() => json(null));
    await createApi({ fetch }).currentUser();
    expect(sent[0]?.url).toBe("/api/mizan/call/current_user");
  });

  it("is a POST if its URL is too long", async () => {
    const { fetch, sent } = fakeServer(() => json(post));
    const api = createApi({ fetch });
    const overhead =
      `/api/mizan/call/post?input=${encodeURIComponent('{"id":""}')}`.length;
    const longest = { id: "x".repeat(2000 - overhead) };
    await api.post(longest);
    await api.post({ id: `${longest.id}x` });
    expect(sent.map(({ method }) => method)).toEqual(["GET", "POST"]);
    expect(sent[0]?.url).toHaveLength(2000);
    expect(sent[1]).toMatchObject({
      url: "/api/mizan/call/post",
      body: { id: `${longest.id}x` },
    });
  });
});

describe("the version of a function", () => {
  const contracts = { rename: "3f2a9c1b", post: "77e0d412", now: "0badcafe" };

  it("is in the URL of a call", async () => {
    const { fetch, sent } = fakeServer(() => json(null));
    const transport = createTransport(contracts, { fetch });
    await transport.mutate("rename", { id: 1 });
    await transport.query("post", { id: 1 });
    await transport.query("now", undefined);
    await transport.query("unversioned", undefined);
    expect(sent.map(({ url }) => url)).toEqual([
      "/api/mizan/call/rename?contract=3f2a9c1b",
      `/api/mizan/call/post?contract=77e0d412&input=${encodeURIComponent('{"id":1}')}`,
      "/api/mizan/call/now?contract=0badcafe",
      "/api/mizan/call/unversioned",
    ]);
  });

  it("is part of each call in a batch", async () => {
    const { fetch, sent } = fakeServer(() => json(null));
    const transport = createTransport(contracts, { fetch });
    await Promise.allSettled([
      transport.query("post", { id: 1 }, { batch: true }),
      transport.query("unversioned", undefined, { batch: true }),
    ]);
    expect(sent[0]?.body).toEqual([
      { name: "post", contract: "77e0d412", input: { id: 1 } },
      { name: "unversioned" },
    ]);
  });

  it("is part of a call during server rendering", async () => {
    const call = vi.fn(async () => ({ answered: true, json: "null" }));
    vi.stubGlobal(Symbol.for("mizan.functions"), { call });
    await createTransport(contracts).query("post", { id: 1 });
    expect(call).toHaveBeenCalledWith("post?contract=77e0d412", '{"id":1}');
  });
});

describe("options", () => {
  it("requests headers for each request, and adds its own", async () => {
    const { fetch, sent } = fakeServer(() => json(null));
    let token = 0;
    const headers = async (): Promise<HeadersInit> => ({
      authorization: `Bearer ${++token}`,
    });
    const api = createApi({ fetch, headers });
    await api.signOut();
    await api.signOut();
    expect(sent.map((request) => request.headers.get("authorization"))).toEqual(
      ["Bearer 1", "Bearer 2"],
    );
  });

  it("rethrows an error of the headers function", async () => {
    const { fetch, sent } = fakeServer(() => json(null));
    const broken = new Error("no token");
    const api = createApi({ fetch, headers: () => Promise.reject(broken) });
    await expect(api.signOut()).rejects.toBe(broken);
    await expect(api.signOut.safe()).rejects.toBe(broken);
    expect(sent).toHaveLength(0);
  });

  it("uses the current global fetch", async () => {
    const api = createApi();
    const { fetch, sent } = fakeServer(() => json(null));
    vi.stubGlobal("fetch", fetch);
    await api.signOut();
    expect(sent).toHaveLength(1);
  });
});

describe("a failure", () => {
  it("has the details of the problem document", async () => {
    const { fetch } = fakeServer(() =>
      problem(409, "taken", {
        fields: { title: ["already taken"] },
        data: { by: "Ada", code: "forged" },
        outdated_client: true,
      }),
    );
    const error = await failure(
      createApi({ fetch }).rename({ id: "1", title: "One" }),
    );
    expect(error).toMatchObject({
      name: "CallError",
      code: "taken",
      status: 409,
      message: "it was taken",
      fields: { title: ["already taken"] },
      by: "Ada",
      outdated: true,
    });
    expect(error.errorId).toBeUndefined();
    expect(error.retryAfter).toBeUndefined();
  });

  it("has the id of an internal error and the retry delay of the server", async () => {
    const { fetch } = fakeServer(() =>
      problem(503, "unavailable", { error_id: "9a1c" }, { "retry-after": "7" }),
    );
    const error = await failure(createApi({ fetch }).signOut());
    expect(error).toMatchObject({
      errorId: "9a1c",
      retryAfter: 7,
      status: 503,
      fields: {},
    });
  });

  it.each<[string, () => Response, number]>([
    ["a page of a proxy", () => html("<h1>Bad gateway</h1>", 502), 502],
    ["a page with status 200", () => html("<!doctype html>", 200), 200],
    ["JSON that was cut short", () => raw('{"id":"1","ti'), 200],
    ["an empty body", () => raw(""), 200],
    [
      "JSON that is no problem document",
      () => json({ error: "nope" }, { status: 500 }),
      500,
    ],
    ["a problem document cut short", () => raw('{"code":"ta', 409), 409],
  ])("is unreadable_reply for %s", async (_, reply, status) => {
    const { fetch } = fakeServer(reply);
    const error = await failure(createApi({ fetch }).post({ id: "1" }));
    expect(error).toMatchObject({ code: "unreadable_reply", status });
  });

  it("is unreadable_reply if the connection breaks within the body", async () => {
    const { fetch } = fakeServer(() => {
      const body = new ReadableStream({
        start: (controller) => controller.error(new TypeError()),
      });
      return new Response(body, {
        headers: { "content-type": "application/json" },
      });
    });
    const error = await failure(createApi({ fetch }).post({ id: "1" }));
    expect(error).toMatchObject({ code: "unreadable_reply", status: 200 });
  });

  it("is network without a response", async () => {
    const cause = new TypeError("failed to fetch");
    const { fetch } = fakeServer(() => Promise.reject(cause));
    const error = await failure(createApi({ fetch }).post({ id: "1" }));
    expect(error).toMatchObject({ code: "network", status: 0, cause });
  });

  it("is aborted if the caller aborts before or during the request", async () => {
    const { fetch, sent } = fakeServer(() => new Promise(() => {}));
    const api = createApi({ fetch });
    const controller = new AbortController();
    const waiting = failure(
      api.post({ id: "1" }, { signal: controller.signal }),
    );
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    controller.abort("changed my mind");
    expect(await waiting).toMatchObject({
      code: "aborted",
      status: 0,
      cause: "changed my mind",
    });
    const late = await failure(api.rename(post, { signal: controller.signal }));
    expect(late.code).toBe("aborted");
    expect(sent).toHaveLength(1);
  });

  it("is aborted if the caller aborts while the body arrives", async () => {
    const controller = new AbortController();
    const { fetch } = fakeServer(() => {
      const body = new ReadableStream({
        pull(stream) {
          controller.abort();
          stream.error(new DOMException("aborted", "AbortError"));
        },
      });
      return new Response(body, {
        headers: { "content-type": "application/json" },
      });
    });
    const error = await failure(
      createApi({ fetch }).post({ id: "1" }, { signal: controller.signal }),
    );
    expect(error.code).toBe("aborted");
  });
});

describe("safe", () => {
  it("resolves with the output or with the error", async () => {
    const answer = (sent: Sent): Response =>
      sent.method === "GET"
        ? json(post)
        : problem(409, "taken", { data: { by: "Ada" } });
    const api = createApi({ fetch: fakeServer(answer).fetch });
    expect(await api.post.safe({ id: "1" })).toEqual({ ok: true, value: post });
    const result = await api.rename.safe({ id: "1", title: "One" });
    expect(result.ok).toBe(false);
    if (!result.ok && result.error.code === "taken")
      expect(result.error.by).toBe("Ada");
    expect.assertions(3);
  });
});

function html(body: string, status: number): Response {
  return new Response(body, {
    status,
    headers: { "content-type": "text/html" },
  });
}

function raw(body: string, status = 200): Response {
  return new Response(body, {
    status,
    headers: { "content-type": "application/json" },
  });
}
