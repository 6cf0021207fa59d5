// Serves the page that `page.json` describes.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createElement } from "react";
import { renderToPipeableStream, renderToString } from "react-dom/server";

const page = JSON.parse(
  readFileSync(new URL("page.json", import.meta.url), "utf8"),
);
const answers = new Map(
  page.answers.map(({ name, input, output, problem }) => [
    `${name} ${input === undefined ? "" : JSON.stringify(input)}`,
    {
      answered: problem === undefined,
      json: JSON.stringify(problem ?? output),
    },
  ]),
);
globalThis[Symbol.for("mizan.functions")] = {
  call: async (target, input = "") =>
    answers.get(`${target.split("?")[0]} ${input}`),
};
const { default: component } = await import(`./${page.component}`);
const element = () =>
  createElement(
    "div",
    { id: "mizan-root" },
    createElement(component, page.props),
  );

createServer((_, response) => {
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
  });
  if (!page.streams) {
    response.end(page.before + renderToString(element()) + page.after);
    return;
  }
  const end = response.end.bind(response);
  response.end = () => end(page.after);
  const { pipe } = renderToPipeableStream(element(), {
    progressiveChunkSize: Infinity,
    onAllReady() {
      response.write(page.before);
      pipe(response);
    },
  });
}).listen(0, "127.0.0.1", function () {
  console.log(`http://127.0.0.1:${this.address().port}`);
});
