// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createOtherTabs } from "../otherTabs";
import { createApi } from "./api";
import { fakeServer, json } from "./server";
import { transportOf } from "../transport";

const key = "mizan.changed:/api/mizan";
const stops: (() => void)[] = [];

/** A tab whose page was loaded `ago` milliseconds before, and a spy for the messages it hears. */
function tab(ago = 1_000): {
  tell: () => void;
  heard: ReturnType<typeof vi.fn<() => void>>;
} {
  vi.stubGlobal("performance", {
    now: () => 0,
    timeOrigin: Date.now() - ago,
  });
  const tabs = createOtherTabs("/api/mizan");
  const heard = vi.fn<() => void>();
  stops.push(tabs.listen(heard));
  return { tell: () => tabs.tell(), heard };
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
    one.tell();
    storageEvent();
    expect(one.heard).not.toHaveBeenCalled();
    expect(other.heard).toHaveBeenCalledOnce();
    storageEvent();
    expect(other.heard).toHaveBeenCalledOnce();
    other.tell();
    storageEvent();
    expect(one.heard).toHaveBeenCalledOnce();
  });

  it("hear when they wake up of what they have missed", () => {
    const [one, other] = [tab(), tab()];
    one.tell();
    const event = new Event("visibilitychange", { bubbles: true });
    document.dispatchEvent(event);
    expect(other.heard).toHaveBeenCalledOnce();
    one.tell();
    dispatchEvent(new Event("pageshow"));
    expect(other.heard).toHaveBeenCalledTimes(2);
  });

  it("hear of what happened while they were loading, and of nothing before", () => {
    tab().tell();
    expect(tab(1_000).heard).toHaveBeenCalledOnce();
    expect(tab(-1_000).heard).not.toHaveBeenCalled();
  });

  it("work without storage, each for itself", () => {
    vi.stubGlobal("localStorage", undefined);
    const one = tab();
    one.tell();
    storageEvent();
    expect(one.heard).not.toHaveBeenCalled();
  });

  it("are told of mutations that affect everything alone", async () => {
    let affects = "post";
    const { fetch } = fakeServer(() =>
      json({}, { headers: { "mizan-affects": affects } }),
    );
    const transport = createApi({ fetch })[transportOf];
    const other = createApi({ fetch })[transportOf];
    const heard = vi.fn();
    stops.push(other.onAffects(heard));
    await transport.mutate("rename", {});
    storageEvent();
    expect(heard).not.toHaveBeenCalled();
    affects = "*";
    await transport.mutate("sign_out", {});
    storageEvent();
    expect(heard).toHaveBeenCalledWith(["*"]);
  });
});
