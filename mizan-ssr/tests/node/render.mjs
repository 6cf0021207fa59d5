// Prints, as JSON, what Node's react-dom/server makes of every component of a folder: of its default
// export, rendered to a string, and as a stream. `node render.mjs FOLDER PROPS`.
//
// Vite does to these files what mizan-ssr does in Rust; packages are Node's own imports.
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { Writable } from "node:stream";
import { createServer } from "vite";

const folder = resolve(process.argv[2]);
const props = JSON.parse(process.argv[3]);
const require = createRequire(join(folder, "package.json"));
const { createElement } = require("react");
const { renderToPipeableStream, renderToString } = require("react-dom/server");

/** What is longer on its way than this is aborted. */
const deadline = 1_500;

/** `element` as a stream, to its end: at once what is there first, or in one piece when all is there. */
const stream = (element, options) =>
  new Promise((settle) => {
    const chunks = [];
    const sink = new Writable({
      highWaterMark: 2 ** 24,
      write(chunk, _, done) {
        chunks.push(chunk);
        done();
      },
    });
    sink.on("finish", () => {
      clearTimeout(timer);
      settle({ html: Buffer.concat(chunks).toString() });
    });
    const send = () => pipe(sink);
    const { abort, pipe } = renderToPipeableStream(element, {
      onError() {},
      onShellError(error) {
        clearTimeout(timer);
        settle({ error: String(error.message) });
      },
      // As here: what is there by then stands in its place, however long it is.
      progressiveChunkSize: Infinity,
      ...(options.whole ? { onAllReady: send } : { onShellReady: send }),
    });
    const timer = setTimeout(abort, deadline, new Error("the deadline is over"));
  });

/** As a string, once everything is there that suspends. */
const string = async (element) => {
  try {
    const html = renderToString(element);
    if (!html.includes("<!--$!-->")) return { html };
  } catch (error) {
    if (!error.message.startsWith("A component suspended")) return { error: String(error.message) };
  }
  return stream(element, { whole: true });
};

const vite = await createServer({
  root: folder,
  configFile: false,
  appType: "custom",
  logLevel: "error",
  optimizeDeps: { noDiscovery: true },
  // CommonJS in Node, and ES modules in bundlers: styled-components has its default export in these only,
  // and the d3 that recharts brings writes more digits in the one than in the other.
  ssr: { noExternal: ["recharts", "styled-components"] },
  server: { middlewareMode: true, watch: null, ws: false },
});
const cases = [];
for (const file of (await readdir(join(folder, "src"))).filter((name) => name.endsWith(".tsx")).sort()) {
  const { default: component } = await vite.ssrLoadModule(`/src/${file}`);
  const element = createElement("div", { id: "mizan-root" }, createElement(component, props));
  cases.push({ file, string: await string(element), stream: await stream(element, { whole: false }) });
}
await vite.close();
process.stdout.write(JSON.stringify(cases));
