// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { hydrateRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deferred, type DeferredOptions } from "../../react/deferred";

/** Reports that the observed elements are visible. */
let show: () => void;
const observed: Element[] = [];
let root: Root | undefined;

beforeEach(() => {
  observed.length = 0;
  class Observer {
    constructor(report: (entries: { isIntersecting: boolean }[]) => void) {
      report([{ isIntersecting: false }]);
      show = () => report([{ isIntersecting: true }]);
    }
    observe(element: Element): void {
      observed.push(element);
    }
    disconnect(): void {}
  }
  vi.stubGlobal("IntersectionObserver", Observer);
});

afterEach(async () => {
  await settle(() => {
    root?.unmount();
    root = undefined;
  });
  cleanup();
  vi.unstubAllGlobals();
  document.body.innerHTML = "";
});

/** Runs `action`, and the work of React that it causes. */
async function settle(action: () => void): Promise<void> {
  await act(async () => {
    action();
    await Promise.resolve();
  });
}

function Panel({ text }: { readonly text: string }): ReactNode {
  return <p onClick={(event) => (event.currentTarget.title = "x")}>{text}</p>;
}

/** Hydrates a deferred panel that the server rendered. Returns the element around it. */
async function hydrate(options?: DeferredOptions): Promise<{
  readonly element: HTMLElement;
  readonly load: ReturnType<typeof vi.fn>;
}> {
  const load = vi.fn(() => Promise.resolve({ default: Panel }));
  const Deferred = deferred(load, options);
  const container = document.createElement("div");
  document.body.append(container);
  container.innerHTML =
    '<div data-mizan-deferred=""><!--$--><p>from the server</p><!--/$--></div>';
  await settle(() => {
    root = hydrateRoot(container, <Deferred text="from the server" />);
  });
  return { element: container.firstElementChild as HTMLElement, load };
}

describe("deferred", () => {
  it("keeps the markup of the server until it is visible", async () => {
    const { element, load } = await hydrate();
    expect(load).not.toHaveBeenCalled();
    expect(element.textContent).toBe("from the server");
    expect(element.hasAttribute("data-mizan-deferred")).toBe(true);
    const paragraph = element.querySelector("p");
    expect(observed).toEqual([paragraph]);
    await settle(show);
    expect(load).toHaveBeenCalledTimes(1);
    expect(element.hasAttribute("data-mizan-deferred")).toBe(false);
    // React took over the same element.
    expect(element.querySelector("p")).toBe(paragraph);
    fireEvent.click(paragraph as Element);
    expect(paragraph?.title).toBe("x");
  });

  it.each(["pointerover", "pointerdown", "focusin"])(
    "loads on interaction: %s",
    async (type) => {
      const { element, load } = await hydrate({ when: "interaction" });
      expect(load).not.toHaveBeenCalled();
      const paragraph = element.querySelector("p");
      paragraph?.dispatchEvent(new Event(type, { bubbles: true }));
      await vi.waitFor(() =>
        expect(element.hasAttribute("data-mizan-deferred")).toBe(false),
      );
      expect(load).toHaveBeenCalledTimes(1);
    },
  );

  it("loads at once if the server did not render it", async () => {
    const load = vi.fn(() => Promise.resolve({ default: Panel }));
    const Deferred = deferred(load, { when: "interaction", className: "wide" });
    const { container } = render(<Deferred text="in the browser" />);
    await settle(() => undefined);
    expect(load).toHaveBeenCalledTimes(1);
    expect(container.innerHTML).toBe(
      '<div class="wide"><p>in the browser</p></div>',
    );
  });
});
