// Compiles the pages for Node.js: `node compile.mjs DIRECTORY FILE..`. Packages remain imports.
import { rolldown } from "rolldown";

const [directory, ...input] = process.argv.slice(2);
const bundle = await rolldown({
  input,
  platform: "node",
  external: (id) => !id.startsWith(".") && !id.startsWith("/"),
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
});
await bundle.write({
  dir: directory,
  format: "esm",
  entryFileNames: "[name].mjs",
});
