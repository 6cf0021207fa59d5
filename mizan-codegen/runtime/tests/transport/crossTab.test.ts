// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createCrossTabNotifier } from "../../transport/crossTab";
import { createApi } from "../support/api";
import { fakeServer, json } from "../support/server";
import { transportOf } from "../../transport/transport";

const key = "mizan.changed:/api/mizan";
const stops: (() => void)[] = [];

/** A tab whose page was loaded `ago` milliseconds before, and a spy for the messages it hears. */
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

describe("the tabs of a browser", () => {
  it("hear of each other, and not of themselves", () => {
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

  it("hear when they wake up of what they have missed", () => {
    const [one, other] = [tab(), tab()];
    one.notify();
    const event = new Event("visibilitychange", { bubbles: true });
    document.dispatchEvent(event);
    expect(other.listener).toHaveBeenCalledOnce();
    one.notify();
    dispatchEvent(new Event("pageshow"));
    expect(other.listener).toHaveBeenCalledTimes(2);
  });

  it("hear of what happened while they were loading, and of nothing before", () => {
    tab().notify();
    expect(tab(1_000).listener).toHaveBeenCalledOnce();
    expect(tab(-1_000).listener).not.toHaveBeenCalled();
  });

  it("work without storage, each for itself", () => {
    vi.stubGlobal("localStorage", undefined);
    const one = tab();
    one.notify();
    storageEvent();
    expect(one.listener).not.toHaveBeenCalled();
  });

  it("are told of mutations that affect everything alone", async () => {
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
    expect(listener).toHaveBeenCalledWith(["*"]);
  });
});
