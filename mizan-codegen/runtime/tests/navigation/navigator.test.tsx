// @vitest-environment happy-dom
import { act, cleanup, screen, waitFor } from "@testing-library/react";
import type { ComponentType, ReactNode } from "react";
import type { Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/** A response whose lines are sent one by one. */
class FakeResponse {
  readonly #encoder = new TextEncoder();
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  readonly response: Response;

  constructor(url: string, headers: Record<string, string> = {}, status = 200) {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
    });
    this.response = new Response(body, {
      status,
      headers: {
        "content-type": "application/x-ndjson",
        "mizan-build": "b1",
        ...headers,
      },
    });
    Object.defineProperty(this.response, "url", { value: url });
  }

  line(value: object): this {
    this.#controller.enqueue(
      this.#encoder.encode(`${JSON.stringify(value)}\n`),
    );
    return this;
  }

  end(): this {
    this.#controller.close();
    return this;
  }

  fail(): void {
    this.#controller.error(new TypeError("connection lost"));
  }
}

type Answer = () => Response | Promise<Response>;

let root: Root | undefined;
let stopListening: () => void;
let requests: { url: string; signal: AbortSignal | undefined }[] = [];

// Each test has its own modules, whose listeners must not see the events of other tests.
beforeEach(() => {
  const listening = new AbortController();
  const add = window.addEventListener.bind(window);
  vi.spyOn(window, "addEventListener").mockImplementation(
    (
      type: string,
      listener: EventListenerOrEventListenerObject,
      options: boolean | AddEventListenerOptions = {},
    ) => {
      const all = typeof options === "boolean" ? { capture: options } : options;
      add(type, listener, { ...all, signal: listening.signal });
    },
  );
  stopListening = () => listening.abort();
});
afterEach(() => {
  stopListening();
  act(() => root?.unmount());
  root = undefined;
  cleanup();
  document.head.innerHTML = "";
  document.body.innerHTML = "";
  requests = [];
  history.replaceState(null, "", "/");
});

/** Hydrates the front page of a site. `answer` answers requests for pages and for functions. */
async function openSite(
  answer: (url: URL) => Response | Promise<Response> | undefined,
  settings: object = {},
) {
  vi.resetModules();
  const { hydratePage } = await import("../../react/hydratePage");
  const { Link } = await import("../../navigation/link");
  const { navigate } = await import("../../navigation/navigate");
  const { notFound } = await import("../../navigation/outcome");
  const { useNavigation } = await import("../../navigation/useNavigation");
  const { MizanProvider, useCurrentUser, usePost } =
    await import("../support/bindings");

  vi.stubGlobal("fetch", async (input: string, init: RequestInit = {}) => {
    const url = new URL(input, location.href);
    const signal = init.signal ?? undefined;
    requests.push({ url: url.pathname + url.search, signal });
    const response = await answer(url);
    if (!response) throw new TypeError("unreachable");
    return response;
  });
  vi.stubGlobal("scrollTo", vi.fn());

  function Layout({ children }: { readonly children?: ReactNode }): ReactNode {
    const { target } = useNavigation();
    return (
      <MizanProvider>
        <nav aria-busy={target !== undefined}>
          <Link href="/posts/1/">One</Link>
        </nav>
        {children}
      </MizanProvider>
    );
  }
  const pages: Record<string, ComponentType<never>> = {
    Home: () => <h1>Home</h1>,
    Post: ({ id }: { readonly id: string }) => {
      const { data, error } = usePost({ id });
      return (
        <main>
          <h1>{data?.title ?? error?.code ?? "waiting"}</h1>
        </main>
      );
    },
    Missing: () => notFound(),
    NotFound: () => <h1>Not here</h1>,
    Private: () => <p>{useCurrentUser()?.name ?? "guest"}</p>,
  };
  const components = Object.fromEntries(
    Object.entries(pages).map(([name, Page]) => [
      `./${name}.tsx`,
      async () => ({ default: Page, layout: Layout }),
    ]),
  );
  const page = { component: "Home.tsx", props: {}, build: "b1", ...settings };
  const results = [
    { name: "current_user", output: null },
    { name: "settings", output: { theme: "dark" } },
  ];
  document.body.innerHTML = `<div id="mizan-root"><!--$--><nav aria-busy="false"><a href="/posts/1/">One</a></nav><h1>Home</h1><!--/$--></div>
    <script type="application/json" id="mizan-page">${JSON.stringify(page)}</script>
    <script type="application/json" data-mizan-answers>${JSON.stringify(results)}</script>`;
  await act(async () => {
    root = await hydratePage(components);
  });
  return {
    navigate: (href: string): Promise<void> =>
      act(async () => {
        await Promise.race([navigate(href), new Promise((r) => setTimeout(r))]);
      }),
  };
}

function page(
  url: string,
  component: string,
  props: object = {},
  data: object = {},
): FakeResponse {
  return new FakeResponse(new URL(url, location.href).href).line({
    page: { component, props, title: "Posts" },
    ...data,
  });
}

const one = { name: "post", input: { id: "1" } };
const isPage = (url: URL): boolean => !url.pathname.startsWith("/api/");

describe("a navigation", () => {
  it("renders the page with its data, and keeps the layout", async () => {
    const results = [{ ...one, output: { id: "1", title: "First" } }];
    const { navigate } = await openSite(() => {
      const response = page("/posts/1/", "Post.tsx", { id: "1" }, { results });
      return response.end().response;
    });
    const layout = document.querySelector("nav");
    await navigate("/posts/1/");
    const heading = await screen.findByRole("heading", { name: "First" });
    expect(document.querySelector("nav")).toBe(layout);
    expect(requests.map(({ url }) => url)).toEqual(["/posts/1/"]);
    expect(location.pathname).toBe("/posts/1/");
    expect(document.title).toBe("Posts");
    expect(document.activeElement).toBe(heading);
    const announcement = document.querySelector("[data-mizan-announcement]");
    expect(announcement?.textContent).toBe("Posts");
    expect(layout?.getAttribute("aria-busy")).toBe("false");
  });

  it("waits for data that the server streams, and does not fetch it", async () => {
    const response = page(
      "/posts/1/",
      "Post.tsx",
      { id: "1" },
      { pending: [one] },
    );
    const { navigate } = await openSite(() => response.response);
    await navigate("/posts/1/");
    await screen.findByRole("heading", { name: "waiting" });
    response.line({
      results: [{ ...one, output: { id: "1", title: "Late" } }],
    });
    response.end();
    await screen.findByRole("heading", { name: "Late" });
    expect(requests.map(({ url }) => url)).toEqual(["/posts/1/"]);
  });

  it("fetches data that a lost connection did not bring", async () => {
    const response = page(
      "/posts/1/",
      "Post.tsx",
      { id: "1" },
      { pending: [one] },
    );
    const { navigate } = await openSite((url) =>
      isPage(url)
        ? response.response
        : Response.json({ id: "1", title: "Fetched" }),
    );
    await navigate("/posts/1/");
    await screen.findByRole("heading", { name: "waiting" });
    response.fail();
    await screen.findByRole("heading", { name: "Fetched" });
    expect(requests).toHaveLength(2);
  });

  it("loads documents of other builds, of errors and of other routes", async () => {
    const assign = vi.spyOn(location, "assign").mockReturnValue(undefined);
    const url = new URL("/posts/1/", location.href).href;
    const answers: Answer[] = [
      () => new FakeResponse(url, { "mizan-build": "b2" }).response,
      () => new FakeResponse(url).line({ reload: true }).end().response,
      () =>
        new FakeResponse(url, { "content-type": "text/html" }, 500).response,
      () => page("/posts/1/", "Unknown.tsx").end().response,
    ];
    for (const answer of answers) {
      assign.mockClear();
      const { navigate } = await openSite(answer);
      await navigate("/posts/1/");
      await waitFor(() => expect(assign).toHaveBeenCalledOnce());
      expect(String(assign.mock.calls[0]?.[0])).toBe(url);
      expect(location.pathname).toBe("/");
    }
  });

  it("stays on the page if the server cannot be reached", async () => {
    const { navigate } = await openSite(() => undefined);
    await navigate("/posts/1/");
    const notice = await screen.findByRole("alert");
    expect(notice.textContent).toContain("could not be reached");
    expect(location.pathname).toBe("/");
    expect(screen.getByRole("heading", { name: "Home" })).toBeTruthy();
  });

  it("ends when another one begins", async () => {
    const slow = new FakeResponse(new URL("/posts/1/", location.href).href);
    const { navigate } = await openSite((url) =>
      url.pathname === "/posts/1/"
        ? slow.response
        : page("/private/", "Private.tsx").end().response,
    );
    await navigate("/posts/1/");
    await navigate("/private/");
    await screen.findByText("guest");
    expect(requests[0]?.signal?.aborted).toBe(true);
    expect(location.pathname).toBe("/private/");
  });

  it("uses no response that is older than a change", async () => {
    const old = new FakeResponse(new URL("/posts/1/", location.href).href);
    const responses = [
      old,
      page(
        "/posts/1/",
        "Post.tsx",
        { id: "1" },
        {
          results: [{ ...one, output: { id: "1", title: "New" } }],
        },
      ).end(),
    ];
    const { navigate } = await openSite(() => responses.shift()?.response);
    await navigate("/posts/1/");
    const { invalidatePages } = await import("../../react/currentPage");
    invalidatePages();
    await act(async () => {
      old.line({
        page: { component: "Post.tsx", props: { id: "1" } },
        results: [{ ...one, output: { id: "1", title: "Old" } }],
      });
    });
    await screen.findByRole("heading", { name: "New" });
    expect(requests).toHaveLength(2);
  });

  it("goes back without a request, unless data has changed", async () => {
    const results = [{ ...one, output: { id: "1", title: "First" } }];
    const { navigate } = await openSite((url) =>
      url.pathname === "/"
        ? page("/", "Home.tsx").end().response
        : page("/posts/1/", "Post.tsx", { id: "1" }, { results }).end()
            .response,
    );
    const entry = history.state as object;
    const goBack = (): Promise<void> =>
      act(async () => {
        history.replaceState(entry, "", "/");
        dispatchEvent(new PopStateEvent("popstate", { state: entry }));
      });
    await navigate("/posts/1/");
    await screen.findByRole("heading", { name: "First" });
    await goBack();
    await screen.findByRole("heading", { name: "Home" });
    expect(requests).toHaveLength(1);

    await navigate("/posts/1/");
    await screen.findByRole("heading", { name: "First" });
    const { invalidatePages } = await import("../../react/currentPage");
    invalidatePages();
    await goBack();
    await screen.findByRole("heading", { name: "Home" });
    expect(requests.map(({ url }) => url)).toEqual([
      "/posts/1/",
      "/posts/1/",
      "/",
    ]);
  });
});

describe("an answer of a component in the browser", () => {
  it("replaces the page", async () => {
    const settings = { notFound: "NotFound.tsx" };
    const { navigate } = await openSite(
      () => page("/x/", "Missing.tsx").end().response,
      settings,
    );
    await navigate("/x/");
    await screen.findByRole("heading", { name: "Not here" });
    expect(location.pathname).toBe("/x/");
  });

  it("is a sentence if the application has no page", async () => {
    const { navigate } = await openSite(
      () => page("/x/", "Missing.tsx").end().response,
    );
    await navigate("/x/");
    await screen.findByRole("heading", { name: "This page does not exist." });
  });
});

describe("a link", () => {
  it("navigates for a plain click only", async () => {
    await openSite(() => page("/posts/1/", "Home.tsx").end().response);
    const link = screen.getByRole("link", { name: "One" });
    const click = (init: MouseEventInit): boolean =>
      link.dispatchEvent(
        new MouseEvent("click", { bubbles: true, cancelable: true, ...init }),
      );
    document.body.addEventListener("click", (event) => event.preventDefault());
    await act(async () => void click({ ctrlKey: true }));
    expect(requests).toEqual([]);
    await act(async () => void click({}));
    await waitFor(() => expect(location.pathname).toBe("/posts/1/"));
    expect(requests).toHaveLength(1);
  });

  it("requests its page once when the user points to it", async () => {
    await openSite(() => page("/posts/1/", "Home.tsx").end().response);
    const link = screen.getByRole("link", { name: "One" });
    await act(async () => {
      for (let times = 0; times < 3; times += 1) link.focus();
      link.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
      await new Promise((resolve) => setTimeout(resolve));
    });
    await act(async () => {
      link.dispatchEvent(
        new MouseEvent("click", { bubbles: true, cancelable: true }),
      );
    });
    await waitFor(() => expect(location.pathname).toBe("/posts/1/"));
    expect(requests).toHaveLength(1);
  });
});

describe("the head of a page", () => {
  const withHead = (url: string, head: string): Response =>
    new FakeResponse(new URL(url, location.href).href)
      .line({ page: { component: "Home.tsx", props: {}, head } })
      .end().response;

  it("replaces the elements of the previous page", async () => {
    const answers = [
      '<meta name="a"><style id="s">p {}</style><script id="j" type="application/ld+json">{"a":1}</script>',
      '<link rel="canonical" href="/b/">',
    ];
    const { navigate } = await openSite((url) =>
      withHead(url.pathname, answers.shift() ?? ""),
    );
    await navigate("/a/");
    await waitFor(() =>
      expect(document.head.querySelector("#s")).not.toBeNull(),
    );
    const script = document.head.querySelector("#j");
    expect(script?.textContent).toBe('{"a":1}');
    expect(document.head.querySelector('meta[name="a"]')).not.toBeNull();
    await navigate("/b/");
    await waitFor(() => expect(document.head.querySelector("#s")).toBeNull());
    expect(document.head.querySelector("#j")).toBeNull();
    expect(document.head.querySelectorAll('link[href="/b/"]')).toHaveLength(1);
  });

  it("gives the nonce of the document only to elements with a nonce", async () => {
    const { navigate } = await openSite((url) =>
      withHead(
        url.pathname,
        '<style nonce="other" id="s">p {}</style><style id="t">p {}</style><script nonce="other" id="j" type="application/json">{}</script>',
      ),
    );
    const meta = document.createElement("meta");
    meta.setAttribute("property", "csp-nonce");
    meta.nonce = "n0nce";
    document.head.append(meta);
    await navigate("/a/");
    await waitFor(() =>
      expect(document.head.querySelector("#s")).not.toBeNull(),
    );
    const nonces = ["s", "t", "j"].map((id) =>
      document.head.querySelector(`#${id}`)?.getAttribute("nonce"),
    );
    expect(nonces).toEqual(["n0nce", null, "n0nce"]);
  });
});

describe("a browser that saves data", () => {
  it.each([{ saveData: true }, { effectiveType: "2g" }])(
    "prefetches no page: %o",
    async (connection) => {
      vi.stubGlobal(
        "navigator",
        Object.create(navigator, { connection: { value: connection } }),
      );
      await openSite(() => page("/posts/1/", "Home.tsx").end().response);
      const link = screen.getByRole("link", { name: "One" });
      await act(async () => {
        link.focus();
        link.dispatchEvent(new Event("touchstart", { bubbles: true }));
        await new Promise((resolve) => setTimeout(resolve));
      });
      expect(requests).toEqual([]);
      vi.unstubAllGlobals();
    },
  );
});
