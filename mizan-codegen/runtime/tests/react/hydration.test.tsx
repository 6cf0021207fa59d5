// @vitest-environment happy-dom
import {
  QueryClient,
  useInfiniteQuery,
  useQuery,
  useSuspenseQuery,
} from "@tanstack/react-query";
import { act, cleanup, screen, waitFor } from "@testing-library/react";
import { StrictMode, useState, type ReactNode } from "react";
import type { Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApi as createValuesApi } from "../../../tests/cases/values/expected/client";
import * as values from "../../../tests/cases/values/expected/react";
import { hydratePage } from "../../react/hydratePage";
import { createApi } from "../support/api";
import {
  MizanProvider,
  useApi,
  useCurrentUser,
  usePost,
} from "../support/bindings";
import { fakeServer, json, settled } from "../support/server";

const answers = [
  { name: "current_user", output: { name: "Ada" } },
  { name: "settings", output: { theme: "dark" } },
  { name: "post", input: { id: "1" }, output: { id: "1", title: "One" } },
];

const { fetch, sent } = fakeServer(({ url }) =>
  json(url.includes("post") ? { id: "1", title: "Later" } : null),
);
const api = createApi({ fetch });
let consoleError: ReturnType<typeof vi.spyOn>;

let root: Root | undefined;

beforeEach(() => {
  sent.length = 0;
  consoleError = vi.spyOn(console, "error");
});
afterEach(() => {
  act(() => root?.unmount());
  root = undefined;
  cleanup();
  document.body.innerHTML = "";
});

function arrive(answers: readonly object[]): void {
  arriveJson(JSON.stringify(answers));
}

function arriveJson(json: string): void {
  const element = document.createElement("script");
  element.type = "application/json";
  element.dataset["mizanAnswers"] = "";
  element.textContent = json;
  document.body.append(element);
}

function setUp(html: string, props: object = {}): void {
  document.body.innerHTML = `<div id="mizan-root">${html}</div>
    <script type="application/json" id="mizan-page">${JSON.stringify({ component: "pages/Home.tsx", props })}</script>`;
}

async function hydrate(
  Page: (props: never) => ReactNode,
  options?: Parameters<typeof hydratePage>[1],
): Promise<void> {
  const components = {
    "./pages/Home.tsx": async () => ({ default: Page }),
  };
  await act(async () => {
    root = await hydratePage(components, options);
    await settled();
  });
}

function User(): ReactNode {
  return <p>user {useCurrentUser()?.name ?? "guest"}</p>;
}

function Post(): ReactNode {
  const { data, error, isFetching } = usePost({ id: "1" });
  return (
    <p>
      {error ? error.code : `title ${data?.title}`}
      {isFetching && " fetching"}
    </p>
  );
}

describe("a page from the server", () => {
  it("hydrates styles that have a nonce", async () => {
    setUp('<style nonce="n0nce">.a {}</style><p>styled</p>');
    await hydrate(() => (
      <>
        <style>{".a {}"}</style>
        <p>styled</p>
      </>
    ));
    expect(screen.getByText("styled").isConnected).toBe(true);
    expect(consoleError).not.toHaveBeenCalled();
  });

  it("hydrates with the embedded props and data, without requests", async () => {
    setUp("<!--$--><p>user <!-- -->Ada</p><p>title One</p><i>3</i><!--/$-->", {
      n: 3,
    });
    arrive(answers);
    await hydrate(
      ({ n }: { n: number }) => (
        <MizanProvider api={api}>
          <User />
          <Post />
          <i>{n}</i>
        </MizanProvider>
      ),
      { wrap: (page) => <StrictMode>{page}</StrictMode> },
    );
    expect(screen.getByText("user Ada").isConnected).toBe(true);
    expect(consoleError).not.toHaveBeenCalled();
    expect(sent).toEqual([]);
    expect(document.querySelector("[data-mizan-answers]")).toBeNull();
  });

  it("hydrates integers of 64 bits and moments, without requests", async () => {
    const text = "9007199254740994 2026-01-31T18:30:00.123Z 9007199254740995";
    setUp(`<!--$--><p>${text}</p><!--/$-->`);
    arriveJson(
      `[{"name":"me","output":{"id":9007199254740993}},{"name":"now","output":"2026-01-31T18:30:00.123456Z"},
      {"name":"post","input":{"id":9007199254740993},"problem":{"code":"gone","status":404,"data":{"at":"2026-01-31T18:30:00Z","by":9007199254740995}}}]`,
    );
    function Values(): ReactNode {
      const me = values.useMe();
      const now = values.useNow();
      const { error } = values.usePost({ id: me.id });
      const shown = [
        me.id + 1n,
        now.data?.toISOString(),
        error?.code === "gone" && error.by,
      ];
      return <p>{shown.join(" ")}</p>;
    }
    await hydrate(() => (
      <values.MizanProvider api={createValuesApi({ fetch })}>
        <Values />
      </values.MizanProvider>
    ));
    expect(screen.getByText(text).isConnected).toBe(true);
    expect(consoleError).not.toHaveBeenCalled();
    expect(sent).toEqual([]);
  });

  it("hydrates what hooks of TanStack Query read, without requests", async () => {
    setUp("<!--$--><p>One first own</p><!--/$-->");
    const page = { titles: ["first"], next: 1 };
    arrive([
      ...answers,
      { name: "posts", input: { tag: "a" }, output: page },
      { key: ["own"], data: "own" },
    ]);
    const queryFn = vi.fn(() => "fetched");
    function Read(): ReactNode {
      const { post, posts } = useApi();
      const one = useQuery(post.queryOptions({ id: "1" }));
      const list = useInfiniteQuery(posts.infiniteQueryOptions({ tag: "a" }));
      const own = useSuspenseQuery({ queryKey: ["own"], queryFn });
      const titles = list.data?.pages.flatMap(({ titles }) => titles);
      return <p>{`${one.data?.title} ${titles?.join(" ")} ${own.data}`}</p>;
    }
    await hydrate(() => (
      <MizanProvider api={api}>
        <Read />
      </MizanProvider>
    ));
    expect(screen.getByText("One first own").isConnected).toBe(true);
    expect(consoleError).not.toHaveBeenCalled();
    expect(sent).toEqual([]);
    expect(queryFn).not.toHaveBeenCalled();
  });

  it("hydrates embedded errors", async () => {
    setUp("<!--$--><p>forbidden</p><!--/$-->");
    const problem = { code: "forbidden", status: 403, detail: "no" };
    arrive([
      ...answers.slice(0, 2),
      { name: "post", input: { id: "1" }, problem },
    ]);
    await hydrate(() => (
      <MizanProvider api={api}>
        <Post />
      </MizanProvider>
    ));
    expect(screen.getByText("forbidden")).toBeDefined();
    expect(consoleError).not.toHaveBeenCalled();
    expect(sent).toEqual([]);
  });

  it("hydrates data that arrives while the page streams", async () => {
    vi.spyOn(document, "readyState", "get").mockReturnValue("loading");
    setUp("<!--$--><button>more</button><!--/$-->");
    arrive(answers.slice(0, 2));
    function More(): ReactNode {
      const [shown, show] = useState(false);
      return shown ? (
        <Post />
      ) : (
        <button onClick={() => show(true)}>more</button>
      );
    }
    await hydrate(() => (
      <MizanProvider api={api}>
        <More />
      </MizanProvider>
    ));
    arrive(answers.slice(2));
    await act(async () => screen.getByText("more").click());
    expect(screen.getByText("title One")).toBeDefined();
    expect(sent).toEqual([]);
    vi.restoreAllMocks();
  });

  it("fetches embedded data again after 30 seconds", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    setUp("<!--$--><p>title One</p><!--/$-->");
    arrive(answers);
    let again = (): void => undefined;
    await hydrate(() => {
      const [key, setKey] = useState(0);
      again = () => setKey(1);
      return (
        <MizanProvider api={api} queryClient={queryClient}>
          <Post key={key} />
        </MizanProvider>
      );
    });
    expect(sent).toEqual([]);
    vi.setSystemTime(Date.now() + 31_000);
    await act(async () => again());
    await waitFor(() => screen.getByText("title Later"));
    vi.useRealTimers();
  });

  it("ignores elements in users' HTML", async () => {
    const props = JSON.stringify({ component: "pages/Evil.tsx", props: {} });
    const hostile = `<div id="mizan-page">${props}</div>
      <script type="application/json" id="mizan-page">${props}</script>
      <div id="mizan-root"></div>
      <script data-mizan-answers>[{"name":"post","input":{"id":"1"},"output":{"title":"Evil"}}]</script>`;
    const inner = (): ReactNode => (
      <div dangerouslySetInnerHTML={{ __html: hostile }} />
    );
    setUp(`<div>${hostile}</div><!--$--><p>title One</p><!--/$-->`);
    arrive(answers);
    for (const place of ["afterbegin", "beforeend"] as const)
      document.body.insertAdjacentHTML(
        place,
        `<div>${hostile}</div><div id="mizan-page">${props}</div>`,
      );
    await hydrate(() => (
      <>
        {inner()}
        <MizanProvider api={api}>
          <Post />
        </MizanProvider>
      </>
    ));
    expect(screen.getByText("title One").isConnected).toBe(true);
    expect(consoleError).not.toHaveBeenCalled();
    expect(sent).toEqual([]);
  });

  it("fails with the known components if the component is unknown", async () => {
    setUp("");
    await expect(
      hydratePage({ "./pages/Other.tsx": async () => ({}) }),
    ).rejects.toThrow(
      "the component pages/Home.tsx of this page is not among the given components: ./pages/Other.tsx",
    );
    document.body.innerHTML = "";
    await expect(hydratePage({})).rejects.toThrow("the server did not render");
  });
});

const queryClient = new QueryClient();
