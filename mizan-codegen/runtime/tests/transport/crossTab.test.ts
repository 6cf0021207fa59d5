// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createCrossTabNotifier } from "../../transport/crossTab";
import { createApi } from "../support/api";
import { fakeServer, json } from "../support/server";
import { transportOf } from "../../transport/transport";

const key = "mizan.changed:/api/mizan";
const stops: (() => void)[] = [];

/** Creates a tab that was loaded `ago` milliseconds before, with a spy as the listener. */
function tab(ago = 1_000): {
  notify: () => void;
  listener: ReturnType<typeof vi.fn<() => void>>;
} {
  vi.stubGlobal("performance", {
    now: () => 0,
    timeOrigin: Date.now() - ago,
  });
  const tabs = createCrossTabNotifier("/api/mizan");
  const listener = vi.fn<() => void>();
  stops.push(tabs.listen(listener));
  return { notify: () => tabs.notify(), listener };
}

/** Dispatches the event that the browser sends to each tab except the one that wrote. */
function storageEvent(): void {
  dispatchEvent(new StorageEvent("storage", { key }));
}

beforeEach(() => localStorage.clear());
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

describe("notifications between tabs", () => {
  it("reach other tabs only", () => {
    const [one, other] = [tab(), tab()];
    one.notify();
    storageEvent();
    expect(one.listener).not.toHaveBeenCalled();
    expect(other.listener).toHaveBeenCalledOnce();
    storageEvent();
    expect(other.listener).toHaveBeenCalledOnce();
    other.notify();
    storageEvent();
    expect(one.listener).toHaveBeenCalledOnce();
  });

  it("reach a tab that resumes", () => {
    const [one, other] = [tab(), tab()];
    one.notify();
    const event = new Event("visibilitychange", { bubbles: true });
    document.dispatchEvent(event);
    expect(other.listener).toHaveBeenCalledOnce();
    one.notify();
    dispatchEvent(new Event("pageshow"));
    expect(other.listener).toHaveBeenCalledTimes(2);
  });

  it("reach a tab that was loading, without earlier ones", () => {
    tab().notify();
    expect(tab(1_000).listener).toHaveBeenCalledOnce();
    expect(tab(-1_000).listener).not.toHaveBeenCalled();
  });

  it("are omitted without storage", () => {
    vi.stubGlobal("localStorage", undefined);
    const one = tab();
    one.notify();
    storageEvent();
    expect(one.listener).not.toHaveBeenCalled();
  });

  it("are sent after mutations that affect everything only", async () => {
    let affects = "post";
    const { fetch } = fakeServer(() =>
      json({}, { headers: { "mizan-affects": affects } }),
    );
    const transport = createApi({ fetch })[transportOf];
    const other = createApi({ fetch })[transportOf];
    const listener = vi.fn();
    stops.push(other.onAffects(listener));
    await transport.mutate("rename", {});
    storageEvent();
    expect(listener).not.toHaveBeenCalled();
    affects = "*";
    await transport.mutate("sign_out", {});
    storageEvent();
    expect(listener).toHaveBeenCalledWith([{ name: "*" }]);
  });
});
