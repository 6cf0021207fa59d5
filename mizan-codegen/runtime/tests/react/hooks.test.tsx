// @vitest-environment happy-dom
import { QueryClient } from "@tanstack/react-query";
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { Component, StrictMode, useState, type ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CallError } from "../../transport";
import { createApi, type Api } from "../support/api";
import {
  GreetProvider,
  MizanProvider,
  useApi,
  useCurrentUser,
  useGreet,
  usePost,
  useRename,
  useSettings,
  useSignOut,
} from "../support/bindings";
import { fakeServer, json, lines, problem, type Sent } from "../support/server";

/** Server in memory that counts the requests. */
function createServer(): {
  user: { name: string } | null;
  title: string;
  refuse: Response | undefined;
  hold: Promise<void> | undefined;
  readonly api: Api;
  readonly sent: Sent[];
  calls(name: string): number;
} {
  const functions: Record<string, (input: Record<string, string>) => unknown> =
    {
      current_user: () => server.user,
      settings: () => ({ theme: "dark" }),
      greet: ({ name }) => ({ greeting: `Hello, ${name}!` }),
      post: ({ id }) => ({ id, title: server.title }),
    };
  const mutations: Record<string, (input: Record<string, string>) => Response> =
    {
      rename: ({ id, title = "" }) => {
        server.title = title;
        return json({ id, title }, { headers: { "mizan-affects": "post" } });
      },
      sign_out: () => {
        server.user = null;
        return json(null, { headers: { "mizan-affects": "*" } });
      },
    };
  const names: string[] = [];
  const { fetch, sent } = fakeServer(async ({ url, body }) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    const name = pathname.replace("/api/mizan/call/", "");
    if (mutations[name]) return mutations[name](body as Record<string, string>);
    const calls = Array.isArray(body)
      ? (body as { name: string }[])
      : [{ name, input: JSON.parse(searchParams.get("input") ?? "{}") }];
    names.push(...calls.map((call) => call.name));
    const outputs = calls.map((call) =>
      functions[call.name]?.("input" in call ? call.input : {}),
    );
    await server.hold;
    if (server.refuse) return server.refuse.clone();
    if (!Array.isArray(body)) return json(outputs[0]);
    const reply = lines();
    for (const [index, output] of outputs.entries())
      reply.write({ index, output });
    reply.close();
    return reply.response;
  });
  const server = {
    user: { name: "Ada" } as { name: string } | null,
    title: "One",
    refuse: undefined as Response | undefined,
    hold: undefined as Promise<void> | undefined,
    api: createApi({ fetch }),
    sent,
    calls: (name: string) => names.filter((called) => called === name).length,
  };
  return server;
}

class Boundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};
  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }
  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const text =
      error instanceof CallError
        ? `${error.code} ${error.status}`
        : "another error";
    return (
      <button type="button" onClick={() => this.setState({ error: undefined })}>
        caught {text}
      </button>
    );
  }
}

function User(): ReactNode {
  return <p>user {useCurrentUser()?.name ?? "guest"}</p>;
}

function Theme(): ReactNode {
  return <p>theme {useSettings().theme}</p>;
}

function Greeting(): ReactNode {
  return <p>{useGreet().greeting}</p>;
}

function Post(): ReactNode {
  const { data, error } = usePost({ id: "1" });
  return <p>{error ? error.code : `title ${data?.title ?? "loading"}`}</p>;
}

let server: ReturnType<typeof createServer>;

beforeEach(() => {
  server = createServer();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function show(
  children: ReactNode,
  queryClient?: QueryClient,
): ReturnType<typeof render> {
  return render(
    <StrictMode>
      <MizanProvider
        api={server.api}
        queryClient={queryClient}
        fallback="loading"
      >
        <Boundary>{children}</Boundary>
      </MizanProvider>
    </StrictMode>,
  );
}

function release(): () => void {
  let go!: () => void;
  server.hold = new Promise((resolve) => (go = resolve));
  return go;
}

describe("global contexts", () => {
  it("load in one request, behind the fallback, and only once", async () => {
    const view = show(
      <>
        <User />
        <Theme />
      </>,
    );
    expect(screen.getByText("loading")).toBeDefined();
    expect(await screen.findByText("user Ada")).toBeDefined();
    expect(screen.getByText("theme dark")).toBeDefined();
    expect(server.sent.map(({ url }) => url)).toEqual(["/api/mizan/batch"]);
    view.rerender(<p />);
  });

  it("load without a fallback and without a Suspense boundary", async () => {
    render(
      <MizanProvider api={server.api}>
        <User />
      </MizanProvider>,
    );
    expect(await screen.findByText("user Ada")).toBeDefined();
    expect(server.sent).toHaveLength(1);
  });

  it("are not fetched again by a component that mounts later", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    function Later(): ReactNode {
      const [more, setMore] = useState(false);
      return (
        <>
          <User />
          <button type="button" onClick={() => setMore(true)}>
            more
          </button>
          {more && <Theme />}
          {more && <User />}
        </>
      );
    }
    show(<Later />);
    await screen.findByText("user Ada");
    await act(() => vi.advanceTimersByTimeAsync(60_000));
    act(() => screen.getByText("more").click());
    expect(await screen.findByText("theme dark")).toBeDefined();
    expect(server.sent).toHaveLength(1);
  });

  it("are fetched again when the user returns to the page", async () => {
    show(<User />);
    await screen.findByText("user Ada");
    server.user = { name: "Grace" };
    act(() => void window.dispatchEvent(new Event("visibilitychange")));
    expect(await screen.findByText("user Grace")).toBeDefined();
  });

  it("throw errors to the error boundary, which can retry", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    server.refuse = problem(403, "forbidden");
    show(<User />);
    const caught = await screen.findByText("caught forbidden 403");
    server.refuse = undefined;
    await act(() => server.api.signOut());
    act(() => caught.click());
    expect(await screen.findByText("user guest")).toBeDefined();
  });

  it("hide data after the user has lost access", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    show(<User />);
    await screen.findByText("user Ada");
    server.refuse = problem(401, "unauthenticated");
    await act(() => server.api.signOut());
    expect(await screen.findByText("caught unauthenticated 401")).toBeDefined();
  });

  it("keep their data if a refetch fails with another error", async () => {
    show(<User />);
    await screen.findByText("user Ada");
    server.refuse = problem(500, "internal");
    await act(() => server.api.signOut());
    await waitFor(() => expect(server.calls("current_user")).toBe(2));
    expect(screen.getByText("user Ada")).toBeDefined();
  });
});

describe("a mutation", () => {
  it("invalidates the queries that it names when called by a hook", async () => {
    function Rename(): ReactNode {
      const rename = useRename();
      return (
        <button
          type="button"
          onClick={() => rename.mutate({ id: "1", title: "Two" })}
        >
          rename
        </button>
      );
    }
    show(
      <>
        <Post />
        <User />
        <Rename />
      </>,
    );
    await screen.findByText("title One");
    act(() => screen.getByText("rename").click());
    expect(await screen.findByText("title Two")).toBeDefined();
    expect(server.calls("post")).toBe(2);
    expect(server.calls("current_user")).toBe(1);
  });

  it("invalidates the queries that it names when called by the api", async () => {
    show(<Post />);
    await screen.findByText("title One");
    await act(() => server.api.rename({ id: "1", title: "Two" }));
    expect(await screen.findByText("title Two")).toBeDefined();
  });

  it("refetches all queries without a fallback if it affects everything", async () => {
    show(
      <>
        <User />
        <Theme />
        <GreetProvider name="World">
          <Greeting />
        </GreetProvider>
      </>,
    );
    await screen.findByText("Hello, World!");
    const go = release();
    await act(() => server.api.signOut());
    await waitFor(() => expect(server.calls("current_user")).toBe(2));
    expect(screen.queryByText("loading")).toBeNull();
    expect(screen.getByText("user Ada")).toBeDefined();
    act(go);
    expect(await screen.findByText("user guest")).toBeDefined();
    expect(server.calls("settings")).toBe(2);
    expect(server.calls("greet")).toBe(2);
    // The contexts are fetched in one batch again: one at the start, one now.
    expect(
      server.sent.filter(({ url }) => url.endsWith("/batch")),
    ).toHaveLength(2);
  });

  it("does not invalidate other queries in the same cache", async () => {
    const client = new QueryClient();
    client.setQueryData(["weather"], "sun");
    show(<User />, client);
    await screen.findByText("user Ada");
    await act(() => server.api.signOut());
    expect(client.getQueryState(["weather"])).toMatchObject({
      data: "sun",
      isInvalidated: false,
    });
  });

  it("removes inactive queries if it affects everything", async () => {
    const client = new QueryClient();
    show(<User />, client);
    await screen.findByText("user Ada");
    client.setQueryData(server.api.post.queryKey({ id: "9" }), {
      id: "9",
      title: "Ada's",
    });
    await act(() => server.api.signOut());
    expect(
      client.getQueryData(server.api.post.queryKey({ id: "9" })),
    ).toBeUndefined();
  });

  it("marks inactive queries that it names as stale", async () => {
    const client = new QueryClient();
    show(<User />, client);
    await screen.findByText("user Ada");
    const key = server.api.post.queryKey({ id: "9" });
    client.setQueryData(key, { id: "9", title: "Nine" });
    await act(() => server.api.rename({ id: "1", title: "Two" }));
    expect(client.getQueryState(key)).toMatchObject({
      isInvalidated: true,
      data: { id: "9" },
    });
  });

  it("invalidates a pending query that it names", async () => {
    const client = new QueryClient();
    show(<User />, client);
    await screen.findByText("user Ada");
    const go = release();
    const options = server.api.post.queryOptions({ id: "1" });
    void client.prefetchQuery(options);
    await waitFor(() => expect(server.calls("post")).toBe(1));
    await act(() => server.api.rename({ id: "1", title: "Two" }));
    await act(async () => go());
    expect(client.getQueryData(options.queryKey)).toBeUndefined();
  });

  it("invalidates a reply that was sent before the mutation", async () => {
    const go = release();
    show(<User />);
    await waitFor(() => expect(server.calls("current_user")).toBe(1));
    server.hold = undefined;
    await act(() => server.api.signOut());
    act(go);
    expect(await screen.findByText("user guest")).toBeDefined();
  });

  it("does not notify unmounted providers", async () => {
    const client = new QueryClient();
    show(<User />, client);
    await screen.findByText("user Ada");
    cleanup();
    await server.api.signOut();
    expect(
      client.getQueryState(server.api.currentUser.queryKey()),
    ).toMatchObject({ isInvalidated: false });
  });
});

describe("local contexts", () => {
  it("provide the data for the input, behind their own fallback", async () => {
    show(
      <>
        <User />
        <GreetProvider name="World" fallback="greeting">
          <Greeting />
        </GreetProvider>
      </>,
    );
    expect(await screen.findByText("Hello, World!")).toBeDefined();
  });

  it("fetch once for several components and renders", async () => {
    const view = show(
      <GreetProvider name="World">
        <Greeting />
        <Greeting />
      </GreetProvider>,
    );
    await waitFor(() =>
      expect(screen.getAllByText("Hello, World!")).toHaveLength(2),
    );
    view.rerender(
      <StrictMode>
        <p />
      </StrictMode>,
    );
    expect(server.calls("greet")).toBe(1);
  });

  it("keep the old data until the data of a new input has arrived", async () => {
    function Typing(): ReactNode {
      const [name, setName] = useState("World");
      return (
        <>
          <button type="button" onClick={() => setName("Ada")}>
            change
          </button>
          <GreetProvider name={name} fallback="greeting">
            <Greeting />
          </GreetProvider>
        </>
      );
    }
    show(<Typing />);
    await screen.findByText("Hello, World!");
    const go = release();
    act(() => screen.getByText("change").click());
    await waitFor(() => expect(server.calls("greet")).toBe(2));
    expect(screen.getByText("Hello, World!")).toBeDefined();
    expect(screen.queryByText("greeting")).toBeNull();
    await act(async () => go());
    expect(await screen.findByText("Hello, Ada!")).toBeDefined();
    expect(server.calls("greet")).toBe(2);
  });

  it("throw an error that names the missing provider", () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    expect(() => render(<Greeting />)).toThrow(
      "useGreet() requires a <GreetProvider> above the component",
    );
  });
});

describe("hooks", () => {
  it("of mutations accept the options of useMutation and return the typed error", async () => {
    const told = vi.fn();
    function SignOut(): ReactNode {
      const signOut = useSignOut({ onSuccess: told });
      return (
        <button type="button" onClick={() => signOut.mutate()}>
          {signOut.status}
        </button>
      );
    }
    show(<SignOut />);
    act(() => screen.getByText("idle").click());
    expect(await screen.findByText("success")).toBeDefined();
    expect(told).toHaveBeenCalledOnce();
    expect(
      server.sent.filter(({ url }) => url.endsWith("/sign_out")),
    ).toMatchObject([{ body: {} }]);
  });

  it("of queries accept the options of useQuery and return the typed error", async () => {
    server.refuse = problem(404, "no_such_post");
    function Disabled(): ReactNode {
      return <p>{usePost({ id: "2" }, { enabled: false }).fetchStatus}</p>;
    }
    show(
      <>
        <Post />
        <Disabled />
      </>,
    );
    expect(await screen.findByText("no_such_post")).toBeDefined();
    expect(screen.getByText("idle")).toBeDefined();
    expect(server.calls("post")).toBe(1);
  });

  it("use the api of the nearest provider", () => {
    const inner = createServer();
    const seen: Api[] = [];
    function Show(): ReactNode {
      seen.push(useApi());
      return null;
    }
    show(
      <>
        <MizanProvider api={inner.api}>
          <Show />
        </MizanProvider>
        <MizanProvider>
          <Show />
        </MizanProvider>
      </>,
    );
    expect(new Set(seen)).toEqual(new Set([inner.api, server.api]));
  });
});
