// Renders once and exits: `node first_render.mjs PAGE PROPS`.
import { createElement } from "react";
import { renderToString } from "react-dom/server";

const [page, props] = process.argv.slice(2);
const { default: component } = await import(page);
process.stdout.write(
  renderToString(createElement(component, JSON.parse(props))),
);
