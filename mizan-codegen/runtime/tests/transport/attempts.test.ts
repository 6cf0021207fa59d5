import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CallError, retry } from "../../transport";
import { createApi } from "../support/api";
import { fakeServer, json, problem } from "../support/server";

const post = { id: "1", title: "One" };

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
});
afterEach(() => void vi.useRealTimers());

/** Settles a call while time passes. Returns its code, or `ok`. */
async function outcome(call: Promise<unknown>): Promise<string> {
  const settled = call.then(
    () => "ok",
    (error: unknown) =>
      error instanceof CallError ? error.code : String(error),
  );
  await vi.advanceTimersByTimeAsync(300_000);
  return settled;
}

/** A server that never replies, and the signals of its requests. */
const silent = (): ReturnType<typeof fakeServer> =>
  fakeServer(() => new Promise(() => undefined));

describe("headers of a call", () => {
  it("are added to those of the api", async () => {
    const { fetch, sent } = fakeServer(() => json(post));
    const api = createApi({
      fetch,
      headers: () => ({ authorization: "Bearer 1", "x-tenant": "a" }),
    });
    const headers = { "X-Tenant": "b" };
    await api.post({ id: "1" }, { headers });
    await api.rename({ id: "1", title: "Two" }, { headers });
    await new QueryClient().fetchQuery(
      api.post.queryOptions({ id: "1" }, { headers }),
    );
    await api.rename.mutationOptions({ headers }).mutationFn({ ...post });
    expect(sent).toHaveLength(4);
    for (const request of sent) {
      expect(request.headers.get("authorization")).toBe("Bearer 1");
      expect(request.headers.get("x-tenant")).toBe("b");
    }
  });

  it("exclude the call from batches", async () => {
    const { fetch, sent } = fakeServer(() => json(null));
    const { currentUser, settings } = createApi({ fetch });
    await Promise.all([
      currentUser(undefined, { headers: { "x-tenant": "b" } }),
      settings(),
    ]);
    expect(sent.map(({ url }) => url)).toEqual([
      "/api/mizan/call/current_user",
      "/api/mizan/call/settings",
    ]);
  });
});

describe("a timeout", () => {
  it("aborts the request with a typed error", async () => {
    const { fetch, sent } = silent();
    const start = Date.now();
    const error = createApi({ fetch })
      .post({ id: "1" }, { timeout: 5_000 })
      .catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(sent[0]?.signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await error).toMatchObject({
      code: "timeout",
      status: 0,
      message: "the server did not respond within 5000 ms",
    });
    expect(sent[0]?.signal?.aborted).toBe(true);
    expect(Date.now() - start).toBe(5_000);
  });

  it("has a default for all calls, which a call can disable", async () => {
    const { fetch } = silent();
    const api = createApi({ fetch, timeout: 1_000 });
    expect(await outcome(api.post({ id: "1" }))).toBe("timeout");
    expect(await outcome(api.signOut())).toBe("timeout");
    expect(await outcome(api.currentUser())).toBe("timeout");
    const endless = vi.fn();
    void api.signOut(undefined, { timeout: Infinity }).then(endless, endless);
    await vi.advanceTimersByTimeAsync(2 ** 31);
    expect(endless).not.toHaveBeenCalled();
  });

  it("is not reported for a call that its signal aborts", async () => {
    const { fetch } = silent();
    const controller = new AbortController();
    const call = createApi({ fetch }).post(
      { id: "1" },
      { timeout: 1_000, signal: controller.signal },
    );
    controller.abort();
    expect(await outcome(call)).toBe("aborted");
    const late = createApi({ fetch }).post(
      { id: "1" },
      { timeout: 1_000, signal: controller.signal },
    );
    expect(await outcome(late)).toBe("aborted");
  });

  it("leaves no timer behind", async () => {
    const { fetch } = fakeServer(() => json(post));
    await createApi({ fetch }).post({ id: "1" }, { timeout: 1_000 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("limits all attempts together", async () => {
    const { fetch, sent } = fakeServer(() => problem(503, "unavailable"));
    const api = createApi({ fetch, retry: retry() });
    const call = api.post({ id: "1" }, { timeout: 2_000 });
    expect(await outcome(call)).toBe("timeout");
    expect(sent).toHaveLength(2);
  });
});

describe("retry", () => {
  /** Returns the times of the requests in seconds. */
  async function times(
    answer: () => Response | Promise<Response>,
    call: (api: ReturnType<typeof createApi>) => Promise<unknown>,
    policy = retry(),
  ): Promise<number[]> {
    const start = Date.now();
    const at: number[] = [];
    const { fetch } = fakeServer(() => {
      at.push((Date.now() - start) / 1_000);
      return answer();
    });
    await outcome(call(createApi({ fetch, retry: policy })));
    return at;
  }

  const unavailable = (): Response => problem(503, "unavailable");

  it("repeats queries with exponential delays", async () => {
    const query = (api: ReturnType<typeof createApi>): Promise<unknown> =>
      api.post({ id: "1" });
    expect(await times(unavailable, query)).toEqual([0, 1, 3, 7]);
    const offline = (): Promise<Response> =>
      Promise.reject(new TypeError("offline"));
    expect(await times(offline, query)).toEqual([0, 1, 3, 7]);
    const policy = retry({ retries: 4, minDelay: 10_000, maxDelay: 15_000 });
    expect(await times(unavailable, query, policy)).toEqual([
      0, 10, 25, 40, 55,
    ]);
  });

  it("spreads the delays", async () => {
    vi.mocked(Math.random).mockReturnValue(0);
    expect(await times(unavailable, (api) => api.post({ id: "1" }))).toEqual([
      0, 0.5, 1.5, 3.5,
    ]);
  });

  it("waits at least for the time that the server requests", async () => {
    const limited = (): Response =>
      problem(429, "rate_limited", {}, { "retry-after": "5" });
    vi.mocked(Math.random).mockReturnValue(0);
    expect(await times(limited, (api) => api.post({ id: "1" }))).toEqual([
      0, 5, 10, 15,
    ]);
  });

  it("stops after the first success and after other errors", async () => {
    const replies = [unavailable(), json(post)];
    const answer = (): Response => replies.shift() ?? json(post);
    const query = (api: ReturnType<typeof createApi>): Promise<unknown> =>
      api.post({ id: "1" });
    expect(await times(answer, query)).toEqual([0, 1]);
    expect(await times(() => problem(404, "not_found"), query)).toEqual([0]);
  });

  it("repeats mutations only with an idempotency key", async () => {
    expect(await times(unavailable, (api) => api.signOut())).toEqual([0]);
    const keys: (string | null)[] = [];
    const { fetch } = fakeServer(({ headers }) => {
      keys.push(headers.get("idempotency-key"));
      return unavailable();
    });
    const api = createApi({ fetch });
    const options = { idempotencyKey: "k", retry: retry({ retries: 1 }) };
    await outcome(api.signOut(undefined, options));
    expect(keys).toEqual(["k", "k"]);
  });

  it("is left to TanStack Query for its queries", async () => {
    expect(
      await times(unavailable, (api) =>
        new QueryClient().fetchQuery(api.post.queryOptions({ id: "1" })),
      ),
    ).toEqual([0]);
  });

  it("ends when the call is aborted", async () => {
    const controller = new AbortController();
    const { fetch, sent } = fakeServer(unavailable);
    const call = createApi({ fetch, retry: retry() }).post(
      { id: "1" },
      { signal: controller.signal },
    );
    const result = call.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(500);
    controller.abort();
    expect(await result).toMatchObject({ code: "aborted" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("asks for new headers for each attempt", async () => {
    const { fetch, sent } = fakeServer(unavailable);
    let token = 0;
    const headers = (): HeadersInit => ({ authorization: String(++token) });
    const api = createApi({ fetch, headers, retry: retry({ retries: 1 }) });
    await outcome(api.post({ id: "1" }));
    expect(sent.map((request) => request.headers.get("authorization"))).toEqual(
      ["1", "2"],
    );
  });
});
