// The values of the benchmarks, and the generated client of the golden case `values`.
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const crate = fileURLToPath(new URL("..", import.meta.url));

/** Bundles an entry that may import the generated client of the golden case `values`. */
export async function load(source) {
  const build = await rolldown({
    input: "entry",
    plugins: [
      {
        name: "entry",
        resolveId(id) {
          if (id === "entry") return `${crate}entry.ts`;
          // The cases do not contain the runtime.
          if (id.startsWith("./runtime/")) {
            const path = `${crate}${id.slice(2)}`;
            return /\/(codecs|transport)$/.test(id)
              ? `${path}/index.ts`
              : `${path}.ts`;
          }
          return undefined;
        },
        load: (id) => (id === `${crate}entry.ts` ? source : undefined),
      },
    ],
  });
  const { output } = await build.generate({ format: "esm" });
  const code = output[0].code;
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** Returns posts with integers of 64 and more bits, moments and bytes. */
export function rows(count) {
  return Array.from({ length: count }, (_, index) => ({
    id: index % 2 === 0 ? BigInt(index) : 2n ** 60n + BigInt(index),
    author: { id: "67e55044-10b1-426f-9247-bb680e5fe0c8", name: "Ada" },
    created_at: new Date(1_700_000_000_000 + index * 1_000),
    edited_at: index % 3 === 0 ? null : new Date(1_700_000_000_000),
    published: "2026-01-31",
    views: BigInt(index * 7),
    big: BigInt(index),
    huge: BigInt(index),
    "content-hash": Uint8Array.of(1, 2, 3, index % 256),
    tags: ["a", "b"],
    history: [new Date(1_700_000_000_000)],
    by_day: { "2026-01-31": BigInt(index) },
    replies: [],
    parent: null,
    price: "12.50",
    site: "https://example.org/",
    range: [1n, null, "x"],
    event: { kind: "counted", count: BigInt(index) },
    extra: null,
  }));
}
