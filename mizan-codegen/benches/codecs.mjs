// Compares the generated conversions with superjson and devalue: `node mizan-codegen/benches/codecs.mjs`.
import { fileURLToPath } from "node:url";
import { parse as parseDevalue, stringify as stringifyDevalue } from "devalue";
import { rolldown } from "rolldown";
import superjson from "superjson";

const crate = fileURLToPath(new URL("..", import.meta.url));

/** Bundles an entry that may import the generated client of the golden case `values`. */
async function load(source) {
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
            return id.endsWith("/codecs") ? `${path}/index.ts` : `${path}.ts`;
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

const { decodePost, encodePost, parseJson, stringifyJson } = await load(`
  export { decodePost, encodePost } from "./tests/cases/values/expected/codecs";
  export { parseJson, stringifyJson } from "./runtime/transport/json";
`);

const rows = Array.from({ length: 10_000 }, (_, index) => ({
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

const candidates = {
  mizan: {
    write: () => stringifyJson(rows.map(encodePost)),
    read: (text) => parseJson(text).map(decodePost),
  },
  superjson: {
    write: () => superjson.stringify(rows),
    read: (text) => superjson.parse(text),
  },
  devalue: {
    write: () => stringifyDevalue(rows),
    read: (text) => parseDevalue(text),
  },
};

function median(run) {
  const times = [];
  for (let round = 0; round < 12; round += 1) {
    const start = performance.now();
    run();
    if (round >= 3) times.push(performance.now() - start);
  }
  times.sort((one, other) => one - other);
  return times[times.length >> 1];
}

console.log(`Node ${process.version}, 10,000 rows, median of 9 runs`);
for (const [name, { write, read }] of Object.entries(candidates)) {
  const text = write();
  const writing = median(write).toFixed(0).padStart(5);
  const reading = median(() => read(text))
    .toFixed(0)
    .padStart(5);
  console.log(
    `${name.padEnd(10)} write ${writing} ms, read ${reading} ms, ${text.length} characters`,
  );
}
