// Compares the generated conversions with superjson and devalue: `node mizan-codegen/benches/codecs.mjs`.
import { parse as parseDevalue, stringify as stringifyDevalue } from "devalue";
import superjson from "superjson";
import { load, rows as createRows } from "./values.mjs";

const { decodePost, encodePost, parseJson, stringifyJson } = await load(`
  export { decodePost, encodePost } from "./tests/cases/values/expected/codecs";
  export { parseJson, stringifyJson } from "./runtime/transport/json";
`);

const rows = createRows(10_000);

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
