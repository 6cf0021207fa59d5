// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { createApi, type Api } from "../../../tests/cases/redirects/expected";
import { createMockApi } from "../../../tests/cases/redirects/expected/mock";
import { setPageOpener } from "../../react/currentPage";
import { fakeServer, json, problem, type Sent } from "../support/server";

function apiWith(answer: (sent: Sent) => Response): {
  readonly api: Api;
  readonly sent: Sent[];
} {
  const { fetch, sent } = fakeServer(answer);
  return { api: createApi({ fetch }), sent };
}

function redirectTo(location: unknown): () => Response {
  return () => json({ location });
}

/** Records the documents that the browser opens. */
function recordDocuments(): string[] {
  const opened: string[] = [];
  vi.spyOn(location, "assign").mockImplementation((url) => {
    opened.push(String(url));
  });
  return opened;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("a function that returns a redirect", () => {
  it("returns the location and leaves the page alone", async () => {
    const opened = recordDocuments();
    const { api, sent } = apiWith(redirectTo("https://pay.example.com/s/1"));
    const redirect = await api.checkout({ order: 1n });
    expect(redirect.location).toBe("https://pay.example.com/s/1");
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      method: "POST",
      url: "/api/mizan/call/checkout?contract=0e0e0e0e",
      text: '{"order":1}',
    });
    expect(opened).toEqual([]);
    redirect.follow();
    expect(opened).toEqual(["https://pay.example.com/s/1"]);
  });

  it("opens the location of a mutation of TanStack Query", async () => {
    const opened = recordDocuments();
    const { api } = apiWith(redirectTo("/orders/1"));
    const { mutationFn } = api.checkout.mutationOptions();
    await expect(mutationFn({ order: 1n })).resolves.toMatchObject({
      location: "/orders/1",
    });
    await api.latest.mutationOptions().mutationFn();
    expect(opened).toEqual(["/orders/1", "/orders/1"]);
  });

  it("opens paths of this site as a navigation if the page has links", async () => {
    const opened = recordDocuments();
    const navigations: unknown[] = [];
    setPageOpener((...navigation) => navigations.push(navigation));
    try {
      const { api } = apiWith(redirectTo("/orders/1"));
      (await api.latest()).follow();
      const other = apiWith(redirectTo("https://pay.example.com/"));
      (await other.api.latest()).follow();
    } finally {
      setPageOpener((path) => location.assign(path));
    }
    expect(navigations).toEqual([["/orders/1", "push"]]);
    expect(opened).toEqual(["https://pay.example.com/"]);
  });

  it("opens nothing that could run code", async () => {
    const opened = recordDocuments();
    for (const target of [
      "javascript:alert(1)",
      " javascript:alert(1)",
      "data:text/html,x",
      "//evil.example",
      "/\\evil.example",
      "",
    ]) {
      const { api } = apiWith(redirectTo(target));
      const redirect = await api.latest();
      expect(redirect.follow).toThrow("cannot open");
    }
    expect(opened).toEqual([]);
  });

  it("rejects a reply without a location", async () => {
    for (const location of [undefined, null, 7]) {
      const { api } = apiWith(redirectTo(location));
      await expect(api.latest()).rejects.toMatchObject({
        code: "unreadable_reply",
      });
    }
  });

  it("reports errors and leaves the page alone", async () => {
    const opened = recordDocuments();
    const { api } = apiWith(() => problem(409, "sold_out"));
    const result = await api.checkout.safe({ order: 1n });
    expect(result).toMatchObject({ ok: false, error: { code: "sold_out" } });
    const { mutationFn } = api.checkout.mutationOptions();
    await expect(mutationFn({ order: 1n })).rejects.toMatchObject({
      code: "sold_out",
    });
    expect(opened).toEqual([]);
  });

  it("has a URL for links if it is a query", () => {
    const { api } = apiWith(redirectTo("/"));
    expect(api.latest.url()).toBe("/api/mizan/call/latest");
  });

  it("does not open a location outside of a browser", async () => {
    vi.stubGlobal("document", undefined);
    const { api } = apiWith(redirectTo("/orders/1"));
    const redirect = await api.latest();
    expect(redirect.location).toBe("/orders/1");
    expect(redirect.follow).toThrow("outside of a browser");
  });

  it("replies with a mock", async () => {
    const api = createMockApi({
      checkout: ({ order }) => ({ location: `/orders/${order}` }),
    });
    const { location } = await api.checkout({ order: 7n });
    expect(location).toBe("/orders/7");
  });
});
