// @vitest-environment happy-dom
import {
  InfiniteQueryObserver,
  QueryClient,
  useSuspenseInfiniteQuery,
} from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import { Suspense, type ReactNode } from "react";
import { renderToReadableStream } from "react-dom/server.edge";
import { afterEach, describe, expect, it } from "vitest";
import { useInfiniteQueryOf } from "../../react";
import { invalidateQueries } from "../../react/queryClient";
import { createApi, type Api } from "../support/api";
import { MizanProvider, useApi } from "../support/bindings";
import { fakeServer, json, settled } from "../support/server";

/** A server with three pages of titles for each tag. */
function server(): { readonly api: Api; readonly inputs: unknown[] } {
  const inputs: unknown[] = [];
  const { fetch } = fakeServer(({ url }) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    if (!pathname.endsWith("/call/posts")) return json(null);
    const input = JSON.parse(searchParams.get("input") ?? "{}") as {
      tag: string;
      after?: number;
    };
    inputs.push(input);
    const page = input.after ?? 0;
    return json({
      titles: [`${input.tag}${page}`],
      next: page < 2 ? page + 1 : null,
    });
  });
  return { api: createApi({ fetch }), inputs };
}

function Titles({ tag }: { readonly tag: string }): ReactNode {
  const { data, fetchNextPage, hasNextPage } = useInfiniteQueryOf(
    useApi().posts,
    { tag },
  );
  const titles = data?.pages.flatMap((page) => page.titles).join(" ");
  return (
    <button onClick={() => void fetchNextPage()}>
      {titles ?? "loading"}
      {hasNextPage ? " more" : " end"}
    </button>
  );
}

afterEach(() => {
  cleanup();
  document.body.innerHTML = "";
});

describe("an infinite query", () => {
  it("loads one page after the other, until the last", async () => {
    const { api, inputs } = server();
    render(
      <MizanProvider api={api}>
        <Titles tag="a" />
      </MizanProvider>,
    );
    const button = await screen.findByText("a0 more");
    act(() => button.click());
    await screen.findByText("a0 a1 more");
    act(() => button.click());
    await screen.findByText("a0 a1 a2 end");
    expect(inputs).toEqual([
      { tag: "a" },
      { tag: "a", after: 1 },
      { tag: "a", after: 2 },
    ]);
  });

  it("suspends with the options of the api", async () => {
    const { api } = server();
    function First(): ReactNode {
      const { data } = useSuspenseInfiniteQuery(
        api.posts.infiniteQueryOptions({ tag: "a" }),
      );
      return <p>{data.pages[0]?.titles}</p>;
    }
    render(
      <MizanProvider api={api}>
        <Suspense fallback="loading">
          <First />
        </Suspense>
      </MizanProvider>,
    );
    expect(await screen.findByText("a0")).toBeDefined();
  });

  it("can be prefetched, with another key than one page", async () => {
    const { api, inputs } = server();
    const client = new QueryClient();
    const { posts } = api;
    await client.prefetchQuery(posts.queryOptions({ tag: "a" }));
    await client.prefetchInfiniteQuery({
      ...posts.infiniteQueryOptions({ tag: "a" }),
      pages: 2,
    });
    expect(posts.infiniteQueryKey({ tag: "a" })).toEqual([
      "mizan",
      "posts",
      { tag: "a" },
      "pages",
    ]);
    expect(
      client.getQueryData(posts.infiniteQueryKey({ tag: "a" })),
    ).toMatchObject({ pageParams: [undefined, 1] });
    expect(client.getQueryData(posts.queryKey({ tag: "a" }))).toMatchObject({
      titles: ["a0"],
    });
    expect(inputs).toHaveLength(3);
  });

  it("is invalidated by its name and by its arguments", async () => {
    const { api, inputs } = server();
    const client = new QueryClient();
    for (const tag of ["a", "b"]) {
      const options = api.posts.infiniteQueryOptions({ tag });
      new InfiniteQueryObserver(client, options).subscribe(() => undefined);
    }
    await settled();
    expect(inputs.splice(0)).toEqual([{ tag: "a" }, { tag: "b" }]);
    invalidateQueries(client, [{ name: "posts", input: { tag: "b" } }]);
    await settled();
    expect(inputs.splice(0)).toEqual([{ tag: "b" }]);
    invalidateQueries(client, [{ name: "posts" }]);
    await settled();
    expect(inputs).toEqual([{ tag: "a" }, { tag: "b" }]);
  });

  it("begins with the page that the server embedded", async () => {
    const { api, inputs } = server();
    const element = document.createElement("script");
    element.type = "application/json";
    element.dataset["mizanAnswers"] = "";
    element.textContent = JSON.stringify([
      {
        name: "posts",
        input: { tag: "a" },
        output: { titles: ["embedded"], next: 1 },
      },
    ]);
    document.body.append(element);
    render(
      <MizanProvider api={api}>
        <Titles tag="a" />
      </MizanProvider>,
    );
    const button = screen.getByText("embedded more");
    await act(settled);
    expect(inputs).toEqual([]);
    act(() => button.click());
    expect(await screen.findByText("embedded a1 more")).toBeDefined();
  });

  it("is rendered on the server with its first page", async () => {
    const functions = Symbol.for("mizan.functions");
    const calls: string[] = [];
    Object.defineProperty(globalThis, functions, {
      configurable: true,
      value: {
        call: async (name: string, input: string) => {
          calls.push(`${name} ${input}`);
          const output = name === "posts" ? { titles: ["one"], next: 1 } : null;
          return { answered: true, json: JSON.stringify(output) };
        },
      },
    });
    try {
      const stream = await renderToReadableStream(
        <MizanProvider>
          <Titles tag="a" />
        </MizanProvider>,
      );
      await stream.allReady;
      const html = await new Response(stream).text();
      expect(html.replaceAll("<!-- -->", "")).toContain("one more");
      expect(calls).toContain('posts {"tag":"a"}');
    } finally {
      Reflect.deleteProperty(globalThis, functions);
    }
  });
});
