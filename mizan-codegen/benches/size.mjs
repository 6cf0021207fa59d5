// Reports the size of an application with one query: `node mizan-codegen/benches/size.mjs`.
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const crate = fileURLToPath(new URL("..", import.meta.url));

/** Bundles an application without React and TanStack Query, and returns its size in bytes. */
async function sizeOf(source) {
  const build = await rolldown({
    input: "entry",
    external: [/^react/, /^@tanstack/],
    plugins: [
      {
        name: "entry",
        resolveId(id) {
          if (id === "entry") return `${crate}entry.tsx`;
          // The cases do not contain the runtime.
          if (!id.startsWith("./runtime/")) return undefined;
          const path = `${crate}${id.slice(2)}`;
          const isFolder = /\/(codecs|transport|react)$/.test(path);
          return isFolder ? `${path}/index.ts` : `${path}.ts`;
        },
        load: (id) => (id === `${crate}entry.tsx` ? source : undefined),
      },
    ],
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  return gzipSync(output[0].code, { level: 9 }).length;
}

const apps = {
  "without React": `
    import { createTransport, query } from "./runtime/transport";
    export const post = query(createTransport("0"), "post");
  `,
  "with React": `
    import { createTransport, query } from "./runtime/transport";
    export { ApiProvider, useQueryOf } from "./runtime/react";
    export const post = query(createTransport("0"), "post");
  `,
  "with React and conversions": `
    import * as codecs from "./tests/cases/values/expected/codecs";
    import { createTransport, query } from "./runtime/transport";
    export { ApiProvider, useQueryOf } from "./runtime/react";
    export const post = query(createTransport("0"), "post", {
      encode: codecs.encodePostInput,
      decode: codecs.decodePost,
      decodeError: codecs.decodePostError,
      exact: true,
    });
  `,
};
for (const [name, source] of Object.entries(apps))
  console.log(`${name.padEnd(28)} ${await sizeOf(source)} bytes (gzip)`);
