// Shared by the Node servers: publishes messages on commands from standard input.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const padding = "x".repeat(150);
const now = () => performance.timeOrigin + performance.now();

/** Calls `publish` with each message that is ordered on the standard input, at the pace that is ordered. */
export async function eachMessage(publish) {
  let offset = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const [messages, burst, pause] = line.split(" ").map(Number);
    let next = now();
    for (let message = 0; message < messages; message += 1) {
      offset += 1;
      const at = Math.round(now() * 1e6);
      publish({ offset, prev: offset - 1, data: { at, padding } });
      if ((message + 1) % burst !== 0) continue;
      next += pause / 1000;
      await (pause === 0
        ? new Promise((done) => setImmediate(done))
        : sleep(next - now()));
    }
  }
}
