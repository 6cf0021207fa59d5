// The program of `mizan-http/examples/channels.rs`, behind a proxy that cuts connections.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import process from "node:process";
import { startProgram } from "./program.mjs";

export { WebSocket } from "ws";

/** The path of the program; undefined if it was not built. */
export const program = process.env["MIZAN_CHANNELS"];

/** Starts the program and a proxy in front of it. */
export async function startLiveServer() {
  let server;
  let port = 0;

  async function start() {
    const started = await startProgram(program, [`127.0.0.1:${port}`]);
    server = started.server;
    port = Number(new URL(started.url).port);
  }
  await start();

  const pairs = new Set();
  const proxy = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    const pair = [client, upstream];
    pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client]]) {
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        pairs.delete(pair);
      });
      from.pipe(to);
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");

  const cut = () => {
    for (const [client] of pairs) client.resetAndDestroy();
  };
  return {
    baseUrl: `http://127.0.0.1:${proxy.address().port}/api/mizan`,
    cut,
    async restart() {
      server.kill("SIGKILL");
      await once(server, "exit");
      await start();
    },
    async close() {
      server.kill("SIGKILL");
      await once(server, "exit");
      cut();
      proxy.close();
    },
  };
}
