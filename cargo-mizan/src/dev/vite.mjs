// Runs Vite's development server for `cargo mizan dev`, which sends problems and reloads as lines of JSON.
// Node.js evaluates this file in the folder of the front end, so that its packages are found.
import { createInterface } from "node:readline";
import { createServer } from "vite";

const { port, origin, api } = JSON.parse(process.env.MIZAN_VITE_SETTINGS);

const server = await createServer({
  clearScreen: false,
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

// The end of the input means that `cargo mizan dev` has ended.
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  problem = message.problem;
  if (problem) server.ws.send(error());
  else if (message.reload) server.ws.send({ type: "full-reload", path: "*" });
}
process.exit();
