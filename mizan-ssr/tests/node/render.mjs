// Renders the default export of every component in a folder with react-dom/server in Node.js, to a string and as a
// stream, and prints the results as JSON: `node render.mjs FOLDER PROPS`.
//
// Vite transforms the components. Packages are imported by Node.js itself.
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

/** The time in milliseconds after which a render is aborted. */
const deadline = 1_500;

/** Renders to a stream and collects it, starting with the shell, or with everything if `whole` is set. */
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
      // The same setting as in mizan-ssr: completed content stays in place, however long it is.
      progressiveChunkSize: Infinity,
      ...(options.whole ? { onAllReady: send } : { onShellReady: send }),
    });
    const timer = setTimeout(
      abort,
      deadline,
      new Error("the render exceeded its deadline"),
    );
  });

/** Renders to a string, and waits for suspended content. */
const string = async (element) => {
  try {
    const html = renderToString(element);
    if (!html.includes("<!--$!-->")) return { html };
  } catch (error) {
    if (!error.message.startsWith("A component suspended"))
      return { error: String(error.message) };
  }
  return stream(element, { whole: true });
};

const vite = await createServer({
  root: folder,
  configFile: false,
  appType: "custom",
  logLevel: "error",
  optimizeDeps: { noDiscovery: true },
  // Node.js would load the CommonJS builds of these packages. Only the ES module build of styled-components has a
  // default export, and the two builds of d3, used by recharts, print different numbers of digits.
  // Node.js cannot import the style sheets of @primer/react.
  ssr: { noExternal: ["@primer/react", "recharts", "styled-components"] },
  server: { middlewareMode: true, watch: null, ws: false },
});
const cases = [];
for (const file of (await readdir(join(folder, "src")))
  .filter((name) => name.endsWith(".tsx"))
  .sort()) {
  const { default: component } = await vite.ssrLoadModule(`/src/${file}`);
  const element = createElement(
    "div",
    { id: "mizan-root" },
    createElement(component, props),
  );
  cases.push({
    file,
    string: await string(element),
    stream: await stream(element, { whole: false }),
  });
}
await vite.close();
process.stdout.write(JSON.stringify(cases));
