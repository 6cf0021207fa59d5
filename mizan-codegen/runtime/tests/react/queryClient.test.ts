import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createQueryClient } from "../../react/queryClient";
import { createApi } from "../support/api";
import { fakeServer, json, problem } from "../support/server";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
});
afterEach(() => vi.useRealTimers());

/** Returns the times, in seconds, at which a query is sent if each reply is `answer`. */
async function attempts(
  answer: () => Response | Promise<Response>,
): Promise<number[]> {
  const start = Date.now();
  const at: number[] = [];
  const { fetch } = fakeServer(() => {
    at.push((Date.now() - start) / 1_000);
    return answer();
  });
  const done = createQueryClient()
    .fetchQuery(createApi({ fetch }).post.queryOptions({ id: "1" }))
    .catch(() => {});
  await vi.advanceTimersByTimeAsync(300_000);
  await done;
  return at;
}

describe("createQueryClient", () => {
  it.each<[string, () => Response | Promise<Response>]>([
    ["a network error", () => Promise.reject(new TypeError("offline"))],
    ["a proxy with status 502", () => new Response("<p>", { status: 502 })],
    ["status 503", () => problem(503, "unavailable")],
    ["status 504", () => problem(504, "deadline")],
    ["status 429", () => problem(429, "limited")],
  ])("retries a query that fails with %s", async (_, answer) => {
    expect(await attempts(answer)).toEqual([0, 1, 3, 7]);
  });

  it("waits for the time that the server requests", async () => {
    vi.mocked(Math.random).mockReturnValue(0);
    const limited = (): Response =>
      problem(429, "limited", {}, { "retry-after": "5" });
    expect(await attempts(limited)).toEqual([0, 5, 10, 15]);
  });

  it("does not retry after more than 30 seconds", async () => {
    const limited = (): Response =>
      problem(429, "limited", {}, { "retry-after": "31" });
    expect(await attempts(limited)).toEqual([0]);
  });

  it.each<[string, () => Response]>([
    ["status 400", () => problem(400, "malformed")],
    ["status 401", () => problem(401, "unauthenticated")],
    ["status 403", () => problem(403, "forbidden")],
    ["status 422", () => problem(422, "invalid")],
    ["status 500", () => problem(500, "internal")],
    [
      "an unreadable reply",
      () => json({}, { headers: { "content-type": "text/html" } }),
    ],
  ])("does not retry a query that fails with %s", async (_, answer) => {
    expect(await attempts(answer)).toEqual([0]);
  });

  it("never retries a mutation", async () => {
    const { fetch, sent } = fakeServer(() => problem(503, "unavailable"));
    const client = createQueryClient();
    const options = client.defaultMutationOptions(
      createApi({ fetch }).signOut.mutationOptions(),
    );
    const done = client
      .getMutationCache()
      .build(client, options)
      .execute(undefined);
    await expect(done).rejects.toMatchObject({ status: 503 });
    await vi.advanceTimersByTimeAsync(300_000);
    expect(sent).toHaveLength(1);
  });
});
