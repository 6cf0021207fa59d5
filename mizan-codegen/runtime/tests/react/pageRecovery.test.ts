// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hydratePage } from "../../react/hydratePage";
import { offerReload } from "../../react/pageRecovery";

let reload: ReturnType<typeof vi.spyOn>;

beforeEach(() => {
  sessionStorage.clear();
  reload = vi.spyOn(location, "reload").mockReturnValue(undefined);
  const page = { component: "pages/Home.tsx", props: {} };
  document.body.innerHTML = `<div id="mizan-root"><p>Hello</p></div>
    <script type="application/json" id="mizan-page">${JSON.stringify(page)}</script>`;
});
afterEach(() => {
  document.body.innerHTML = "";
});

/** Hydrates a page with a missing component. Resolves with the error, or with `undefined` after a reload. */
function hydrate(): Promise<unknown> {
  const gone = async (): Promise<never> => {
    throw new TypeError("404");
  };
  const failure = hydratePage({ "./pages/Home.tsx": gone }).catch(
    (error: unknown) => error,
  );
  const reloaded = vi
    .waitFor(() => expect(reload).toHaveBeenCalledOnce())
    .then(
      () => undefined,
      () => failure,
    );
  return Promise.race([failure, reloaded]);
}

function answer(status: number): ReturnType<typeof vi.fn> {
  const fetch = vi.fn(async () => new Response(null, { status }));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

const notice = (): string | undefined =>
  document.querySelector("[role=alert]")?.textContent ?? undefined;

describe("a page with a missing component", () => {
  it("reloads once, then shows a notice", async () => {
    const fetch = answer(200);
    expect(await hydrate()).toBeUndefined();
    expect(fetch).toHaveBeenCalledWith(
      location.href,
      expect.objectContaining({ method: "HEAD" }),
    );
    expect(notice()).toBeUndefined();
    reload.mockClear();

    expect(await hydrate()).toBeInstanceOf(TypeError);
    expect(reload).not.toHaveBeenCalled();
    expect(notice()).toContain("could not be loaded");
    document.querySelector("button")?.click();
    expect(reload).toHaveBeenCalledOnce();
    expect(document.body.textContent).toContain("Hello");
  });

  it("does not reload if the server has no page", async () => {
    answer(405);
    expect(await hydrate()).toBeInstanceOf(TypeError);
    vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError()));
    expect(await hydrate()).toBeInstanceOf(TypeError);
    expect(reload).not.toHaveBeenCalled();
    expect(notice()).toContain("could not be loaded");
  });

  it("shows a notice if the session storage is full", async () => {
    answer(200);
    const setItem = (): never => {
      throw new DOMException("full", "QuotaExceededError");
    };
    vi.stubGlobal("sessionStorage", { getItem: () => null, setItem });
    expect(await hydrate()).toBeInstanceOf(TypeError);
    expect(reload).not.toHaveBeenCalled();
    expect(notice()).toContain("could not be loaded");
  });

  it("does not reload without session storage", async () => {
    answer(200);
    vi.stubGlobal("sessionStorage", undefined);
    expect(await hydrate()).toBeInstanceOf(TypeError);
    expect(reload).not.toHaveBeenCalled();
  });
});

it("shows a single notice", () => {
  offerReload();
  offerReload();
  expect(document.querySelectorAll("[role=alert]")).toHaveLength(1);
});
