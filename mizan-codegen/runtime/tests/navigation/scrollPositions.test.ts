import { expect, test } from "vitest";
import { Lru } from "../../navigation/lru";
import { storedScrollPositions } from "../../navigation/scrollPositions";

function storage(initial: Record<string, string> = {}) {
  const items = new Map(Object.entries(initial));
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}

test("positions outlive the document, up to a limit", () => {
  const session = storage();
  const positions = storedScrollPositions(() => session);
  for (let entry = 0; entry < 1_000; entry += 1)
    positions.set(`e${entry}`, [0, entry]);
  positions.set("e960", [1, 2]);
  const later = storedScrollPositions(() => session);
  expect(later.get("e960")).toEqual([1, 2]);
  expect(later.get("e999")).toEqual([0, 999]);
  expect(later.get("e949")).toBeUndefined();
});

test("positions work without a storage, or with a damaged one", () => {
  const missing = storedScrollPositions(() => {
    throw new DOMException("no storage", "SecurityError");
  });
  missing.set("a", [0, 1]);
  expect(missing.get("a")).toEqual([0, 1]);
  const damaged = storedScrollPositions(() => storage({ "mizan.scroll": "{" }));
  expect(damaged.get("a")).toBeUndefined();
  damaged.set("a", [0, 1]);
  expect(damaged.get("a")).toEqual([0, 1]);
});

test("recent entries stay", () => {
  const recent = new Lru<number>(2);
  recent.set("a", 1);
  recent.set("b", 2);
  expect(recent.get("a")).toBe(1);
  recent.set("c", 3);
  expect([recent.get("a"), recent.get("b"), recent.get("c")]).toEqual([
    1,
    undefined,
    3,
  ]);
  recent.clear();
  expect(recent.get("a")).toBeUndefined();
});
