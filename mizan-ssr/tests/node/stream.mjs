// Prints what Node's renderToPipeableStream makes of a component: `node stream.mjs FILE PROPS`.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [file, props] = process.argv.slice(2);
const require = createRequire(file);
const { createElement } = require("react");
const { renderToPipeableStream } = require("react-dom/server");
const { default: component } = await import(pathToFileURL(file).href);
const { pipe } = renderToPipeableStream(createElement("div", { id: "mizan-root" }, createElement(component, JSON.parse(props))), {
  onError() {},
  onShellReady: () => pipe(process.stdout),
});
