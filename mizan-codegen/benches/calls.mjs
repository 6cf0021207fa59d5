// Compares calls with integers of 64 bits, moments and bytes with calls whose reply is the same text, but has strings and
// numbers in TypeScript: `node mizan-codegen/benches/calls.mjs`.
import { createServer } from "node:http";
import { once } from "node:events";
import { load, rows } from "./values.mjs";

const { createApi, encodePost, query, stringifyJson, transportOf } =
  await load(`
  export { createApi } from "./tests/cases/values/expected/client";
  export { encodePost } from "./tests/cases/values/expected/codecs";
  export { query, transportOf } from "./runtime/transport";
  export { stringifyJson } from "./runtime/transport/json";
`);

/** The replies by the number of posts. */
const replies = { 1: encode(1), 20: encode(20) };

function encode(count) {
  return stringifyJson(rows(count).map(encodePost));
}

let reply = "";
const server = createServer((_, response) => {
  response.setHeader("content-type", "application/json");
  response.end(reply);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const baseUrl = `http://127.0.0.1:${server.address().port}/api/mizan`;
const api = createApi({ baseUrl });
const posts = api.posts;
// The same function for a client that has no conversion for it.
const texts = query(api[transportOf], "posts");

const rounds = 2_000;
console.log(`Node ${process.version}, medians of ${rounds} interleaved calls`);
for (const [count, text] of Object.entries(replies)) {
  reply = text;
  const times = { posts: [], texts: [] };
  for (let round = 0; round < rounds + 200; round += 1) {
    // Each is first in every other round.
    const order = [
      ["posts", posts],
      ["texts", texts],
    ];
    if (round % 2 === 1) order.reverse();
    for (const [name, call] of order) {
      const start = performance.now();
      await call();
      if (round >= 200) times[name].push(performance.now() - start);
    }
  }
  const [converted, plain] = [median(times.posts), median(times.texts)];
  const more = ((converted / plain - 1) * 100).toFixed(1);
  console.log(
    `${count} posts, ${text.length} characters: converted ${converted.toFixed(3)} ms, strings ${plain.toFixed(3)} ms, ${more} % more`,
  );
}
server.close();
server.closeAllConnections();

function median(times) {
  return times.sort((one, other) => one - other)[times.length >> 1];
}
