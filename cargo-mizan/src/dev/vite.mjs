// Runs Vite's development server for `cargo mizan dev`, which sends problems and reloads as lines of JSON.
// Node.js evaluates this file in the folder of the front end, so that its packages are found.
import { SourceMap } from "node:module";
import { createInterface } from "node:readline";
import { createServer } from "vite";

const { port, origin, api } = JSON.parse(process.env.MIZAN_VITE_SETTINGS);

/** The maximum length of the stack of an error in a page. */
const MAX_STACK_LENGTH = 16_384;

/** The clients whose page has failed. Fast Refresh cannot repair a page whose components are gone. */
const failedClients = new Set();

/** Code for the pages, in the module of Vite's client: reports errors that no component catches. */
const reporter = `
addEventListener("error", ({ error }) => {
  if (error instanceof Error)
    createHotContext("/@mizan").send("mizan:error", {
      message: String(error.message),
      stack: String(error.stack).slice(0, ${MAX_STACK_LENGTH}),
    });
});
`;

const pageErrors = {
  name: "mizan:page-errors",
  transform(code, id) {
    if (/\/vite\/dist\/client\/client\.mjs(\?|$)/.test(id))
      return { code: code + reporter, map: null };
  },
  hotUpdate() {
    if (failedClients.size === 0) return;
    failedClients.clear();
    this.environment.hot.send({ type: "full-reload", path: "*" });
    return [];
  },
};

const server = await createServer({
  clearScreen: false,
  plugins: [pageErrors],
  server: {
    port,
    strictPort: true,
    origin,
    // A front end without server-rendered pages forwards its calls.
    ...(api && { proxy: { "/api": { target: api, ws: true } } }),
  },
});
await server.listen();
console.log("ready");

/** The problem that pages show, also those that are opened later. */
let problem = null;
const error = () => ({ type: "error", err: { stack: "", ...problem } });
server.ws.on("vite:client:connect", (_, client) => {
  if (problem) client.send(error());
});
server.ws.on("vite:client:disconnect", (_, client) => {
  failedClients.delete(client);
});

/** Returns the place in the source of a place in a module that the browser has loaded. */
async function source(url, line, column) {
  const { pathname, search } = new URL(url);
  const modules = server.environments.client.moduleGraph;
  const module = await modules.getModuleByUrl(pathname + search);
  const map = module?.transformResult?.map;
  if (!module?.file || !map?.mappings) return;
  const entry = new SourceMap(map).findEntry(line - 1, column - 1);
  if (entry.originalLine === undefined) return;
  return {
    file: module.file,
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  };
}

/** Shows an error with its places in the sources, in the page in which it occurred. */
async function showPageError({ message, stack }, client) {
  let loc;
  let text = "";
  let end = 0;
  for (const found of stack.matchAll(/(https?:\/\/[^\s()]+):(\d+):(\d+)/g)) {
    const [shown, url, line, column] = found;
    const place = await source(url, Number(line), Number(column));
    loc ??= place;
    text += stack.slice(end, found.index);
    text += place ? `${place.file}:${place.line}:${place.column}` : shown;
    end = found.index + shown.length;
  }
  text += stack.slice(end);
  client.send({ type: "error", err: { message, stack: text, loc } });
}

server.ws.on("mizan:error", (report, client) => {
  failedClients.add(client);
  showPageError(report, client).catch((error) => console.error(error));
});

// The end of the input means that `cargo mizan dev` has ended.
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  problem = message.problem;
  if (problem) server.ws.send(error());
  else if (message.reload) server.ws.send({ type: "full-reload", path: "*" });
}
process.exit();
