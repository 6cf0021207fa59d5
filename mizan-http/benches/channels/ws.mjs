// The same server on Node, with the package `ws`.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  perMessageDeflate: false,
  handleProtocols: () => "mizan.v1.json",
});
server.on("listening", () => console.log(server.address().port));

let offset = 0;
const padding = "x".repeat(150);
const now = () =>
  BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));

for await (const line of createInterface({ input: process.stdin })) {
  const [messages, pause] = line.split(" ").map(Number);
  for (let message = 0; message < messages; message += 1) {
    offset += 1;
    const frame = Buffer.from(
      `{"t":"pub","sub":0,"offset":${offset},"prev":${offset - 1},"data":{"at":${now()},"padding":"${padding}"}}`,
    );
    for (const client of server.clients) client.send(frame, { binary: false });
    await (pause === 0
      ? new Promise((done) => setImmediate(done))
      : sleep(pause / 1000));
  }
}
