// Prints, as JSON, what Node's react-dom/server makes of a component: `node render.mjs FILE PROPS`.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [file, props] = process.argv.slice(2);
const require = createRequire(file);
const { createElement } = require("react");
const { renderToString } = require("react-dom/server");
const { default: component } = await import(pathToFileURL(file).href);
process.stdout.write(JSON.stringify(renderToString(createElement(component, JSON.parse(props)))));
