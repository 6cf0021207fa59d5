import { describe, expect, it } from "vitest";
import { createPrefetcher } from "../../navigation/prefetcher";

const limits = {
  maxParallel: 2,
  maxQueued: 3,
  maxStored: 4,
  maxSize: 100,
  maxAge: 1_000,
};

function setup() {
  let time = 0;
  const started: string[] = [];
  const aborted: string[] = [];
  const finish = new Map<string, () => Promise<void>>();
  const prefetcher = createPrefetcher(
    (href) => {
      started.push(href);
      let resolve: () => void;
      const done = new Promise<void>((onDone) => (resolve = onDone));
      finish.set(href, async () => {
        resolve();
        await done;
        await Promise.resolve();
      });
      return {
        href,
        done,
        size: () => 30,
        abort: () => void aborted.push(href),
      };
    },
    limits,
    () => time,
  );
  const complete = (href: string): Promise<void> | undefined =>
    finish.get(href)?.();
  const wait = (milliseconds: number): void => void (time += milliseconds);
  return { prefetcher, started, aborted, complete, wait };
}

describe("a prefetcher", () => {
  it("starts few requests, and forgets the oldest waiting ones", async () => {
    const { prefetcher, started, complete } = setup();
    for (let page = 0; page < 10_000; page += 1)
      prefetcher.prefetch(`/${page}`);
    expect(started).toEqual(["/0", "/1"]);
    await complete("/0");
    await complete("/1");
    await complete("/9997");
    await complete("/9998");
    await complete("/9999");
    expect(started).toEqual(["/0", "/1", "/9997", "/9998", "/9999"]);
  });

  it("requests a page once", async () => {
    const { prefetcher, started, complete } = setup();
    for (let times = 0; times < 3; times += 1) {
      prefetcher.prefetch("/a");
      prefetcher.prefetch("/b");
      prefetcher.prefetch("/c");
    }
    expect(started).toEqual(["/a", "/b"]);
    await complete("/a");
    prefetcher.prefetch("/a");
    expect(started).toEqual(["/a", "/b", "/c"]);
  });

  it("gives a response away once, even before it is complete", async () => {
    const { prefetcher, aborted, complete } = setup();
    prefetcher.prefetch("/a");
    expect(prefetcher.take("/a")).toMatchObject({ href: "/a" });
    expect(prefetcher.take("/a")).toBeUndefined();
    await complete("/a");
    expect(aborted).toEqual([]);
  });

  it("drops responses that are old or use too much memory", async () => {
    const { prefetcher, aborted, complete, wait } = setup();
    for (const href of ["/a", "/b", "/c", "/d"]) {
      prefetcher.prefetch(href);
      await complete(href);
    }
    expect(aborted).toEqual(["/a"]);
    wait(1_001);
    expect(prefetcher.take("/d")).toBeUndefined();
    expect(aborted).toEqual(["/a", "/b", "/c", "/d"]);
  });

  it("cancels everything when data may have changed", () => {
    const { prefetcher, started, aborted } = setup();
    for (const href of ["/a", "/b", "/c"]) prefetcher.prefetch(href);
    prefetcher.clear();
    expect(aborted).toEqual(["/a", "/b"]);
    expect(prefetcher.take("/a")).toBeUndefined();
    expect(started).toEqual(["/a", "/b"]);
  });
});
