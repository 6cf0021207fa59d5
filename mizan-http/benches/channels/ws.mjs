// The broadcast server on Node, with the package `ws`.
import { WebSocketServer } from "ws";
import { eachMessage } from "./orders.mjs";

const server = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  perMessageDeflate: false,
  handleProtocols: () => "mizan.v1.json",
});
server.on("listening", () => console.log(server.address().port));

await eachMessage((message) => {
  const frame = Buffer.from(JSON.stringify({ t: "pub", sub: 0, ...message }));
  for (const client of server.clients) client.send(frame, { binary: false });
});
