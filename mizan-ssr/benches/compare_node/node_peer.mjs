// Reads lines of JSON with a page and a duration, renders for that time, and prints the number of renders.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { createElement } from "react";
import { renderToPipeableStream, renderToString } from "react-dom/server";

const stream = (element) =>
  new Promise((resolve, reject) => {
    const chunks = [];
    const out = new Writable({
      write(chunk, _, next) {
        chunks.push(chunk);
        next();
      },
    });
    out.on("finish", () => resolve(Buffer.concat(chunks)));
    const { pipe } = renderToPipeableStream(element, {
      onShellReady: () => pipe(out),
      onShellError: reject,
      onError: reject,
    });
  });

const elementOf = (component, props) =>
  createElement("div", { id: "mizan-root" }, createElement(component, props));

for await (const line of createInterface({ input: process.stdin })) {
  const { mode, page, props, milliseconds } = JSON.parse(line);
  const { default: component } = await import(page);
  if (milliseconds === 0) {
    const element = elementOf(component, props);
    const html =
      mode === "string"
        ? renderToString(element)
        : (await stream(element)).toString();
    console.log(JSON.stringify({ html, resident: process.memoryUsage().rss }));
    continue;
  }
  const started = performance.now();
  const before = process.cpuUsage();
  let renders = 0;
  do {
    if (mode === "string")
      Buffer.from(renderToString(elementOf(component, props)));
    else await stream(elementOf(component, props));
    renders += 1;
  } while (performance.now() - started < milliseconds);
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ renders, seconds: (user + system) / 1e6 }));
}
