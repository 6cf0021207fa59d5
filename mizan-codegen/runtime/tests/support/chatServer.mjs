// A server with one channel, `chat`, as in PROTOCOL.md, with real sockets and a log in memory. It can cut connections.
import { WebSocketServer } from "ws";

export { WebSocket } from "ws";

/** Starts a server that keeps `history` messages of each room. */
export async function startChatServer({ history }) {
  const rooms = new Map();
  const replies = new Map();
  const ran = [];
  const errors = [];
  const connections = new Set();
  let epoch = 1;

  const room = (name) => {
    if (!rooms.has(name))
      rooms.set(name, { offset: 0, kept: [], subscribers: new Set() });
    return rooms.get(name);
  };

  function publish(name, data) {
    const { kept, subscribers } = room(name);
    const prev = room(name).offset;
    // Offsets increase, but not always by one.
    const offset = prev + 1 + (prev % 3);
    room(name).offset = offset;
    kept.push({ offset, prev, data });
    if (kept.length > history) kept.shift();
    for (const { send, sub } of subscribers)
      send({ t: "pub", sub, offset, prev, data });
  }

  function subscribe(connection, { sub, channel, params, since, recent = 0 }) {
    const { send, subscriptions } = connection;
    if (channel !== "chat")
      return send({ t: "unsub", sub, code: "unknown_channel", message: "" });
    const { offset, kept, subscribers } = room(params.room);
    const log = { epoch: String(epoch), offset };
    const from = kept.findIndex(({ prev }) => prev === since?.offset);
    const isThere = since?.epoch === log.epoch && since.offset === offset;
    const recovered = isThere || (since?.epoch === log.epoch && from !== -1);
    const missed = recovered
      ? isThere
        ? []
        : kept.slice(from)
      : since || recent === 0
        ? []
        : kept.slice(-recent);
    const at = recovered
      ? since
      : { ...log, offset: missed[0]?.prev ?? offset };
    const snapshot = recovered ? {} : { snapshot: { messages: offset } };
    send({ t: "subok", sub, ...at, recovered, ...snapshot });
    if (since && !recovered)
      send({
        t: "gap",
        sub,
        reason: since.epoch === log.epoch ? "history" : "epoch",
        from: since,
        ...at,
      });
    for (const message of missed) send({ t: "pub", sub, ...message });
    const subscriber = { send, sub, room: params.room };
    subscriptions.set(sub, subscriber);
    subscribers.add(subscriber);
  }

  const read = {
    hello(connection, { client }) {
      connection.client = client;
      connection.send({
        t: "welcome",
        conn: "c",
        heartbeat: 25_000,
        limits: { frame: 65_536, subs: 100, rate: 10_000, inflight: 8 },
      });
    },
    sub: subscribe,
    unsub({ send, subscriptions }, { sub }) {
      const subscriber = subscriptions.get(sub);
      subscriptions.delete(sub);
      room(subscriber.room).subscribers.delete(subscriber);
      send({ t: "unsub", sub });
    },
    msg({ client, send, subscriptions }, { sub, mid, data }) {
      const subscriber = subscriptions.get(sub);
      const key = `${client}:${mid}`;
      if (!subscriber)
        return send({ t: "reply", mid, error: { code: "not_subscribed" } });
      if (!replies.has(key)) {
        ran.push(data);
        publish(subscriber.room, data);
        replies.set(key, { number: ran.length });
      }
      send({ t: "reply", mid, data: replies.get(key) });
    },
    history({ send, subscriptions }, { sub, mid, before, limit = 50 }) {
      const { kept } = room(subscriptions.get(sub).room);
      const older = kept.filter(({ offset }) => offset < (before ?? Infinity));
      const messages = older.slice(-limit);
      const more = older.length > messages.length;
      const data = { epoch: String(epoch), messages, more };
      send({ t: "reply", mid, data });
    },
    pong() {},
  };

  const server = new WebSocketServer({
    port: 0,
    path: "/api/mizan/ws",
    handleProtocols: (offered) =>
      offered.has("mizan.v1.json") ? "mizan.v1.json" : false,
  });
  server.on("connection", (socket) => {
    const connection = {
      socket,
      subscriptions: new Map(),
      send: (frame) => socket.send(JSON.stringify(frame)),
    };
    connections.add(connection);
    socket.on("message", (text, isBinary) => {
      const frame = JSON.parse(text);
      const isFirst = connection.client === undefined;
      if (isBinary || !read[frame.t] || isFirst !== (frame.t === "hello")) {
        errors.push(String(text));
        return socket.close(4400);
      }
      read[frame.t](connection, frame);
    });
    socket.on("close", () => {
      connections.delete(connection);
      for (const subscriber of connection.subscriptions.values())
        room(subscriber.room).subscribers.delete(subscriber);
    });
  });
  await new Promise((resolve) => server.on("listening", resolve));

  return {
    baseUrl: `http://127.0.0.1:${server.address().port}/api/mizan`,
    /** Messages that the server has processed. */
    ran,
    /** Invalid frames that clients have sent. */
    errors,
    publish,
    connections: () => connections.size,
    /** Cuts every connection without a close frame. */
    cut() {
      for (const { socket } of connections) socket.terminate();
    },
    /** Discards all logs and begins a new epoch, as a restart of an in-memory server does. */
    restart() {
      epoch += 1;
      for (const log of rooms.values())
        Object.assign(log, { offset: 0, kept: [] });
    },
    close() {
      for (const { socket } of connections) socket.terminate();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
