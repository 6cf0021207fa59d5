// The broadcast server on Node, with the package `socket.io`.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { eachMessage } from "./orders.mjs";

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  perMessageDeflate: false,
  serveClient: false,
  pingInterval: 600_000,
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));

await eachMessage((message) => io.emit("pub", message));
