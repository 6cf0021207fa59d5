import { EventParser, type ServerSentEvent } from "../transport/eventStream";
import { subprotocol } from "./frames";
import type { FrameSocket, FrameSocketOwner } from "./frameSocket";
import type { ServerAddress } from "../transport/transport";

/** The maximum number of frames in a request. The server accepts no more. */
const maxFrames = 32;
/** The maximum length of a request, besides its first frame. */
const maxRequestChars = 128 * 1024;
/** The code of a connection that ended without a code of the server. */
const lost = 1006;

/**
 * Opens a connection over server-sent events, for networks in which WebSockets do not get through.
 *
 * The response to one request carries the frames of the server. Each further request carries frames of the client; the next
 * one starts when the server has accepted them, so that they arrive in order.
 */
export function dialEvents(
  { baseUrl, headers, fetch: request = fetch }: ServerAddress,
  owner: FrameSocketOwner,
): FrameSocket {
  const abort = new AbortController();
  const { signal } = abort;
  const waiting: string[] = [];
  let connection = "";
  let sequence = 0;
  let isSending = false;

  async function open(): Promise<void> {
    const response = await request(`${baseUrl}/channels/events`, {
      headers: await requestHeaders({ accept: "text/event-stream" }),
      cache: "no-store",
      signal,
    });
    if (!response.ok || !response.body) throw new Error("refused");
    const parser = new EventParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) throw new Error("ended");
      const text = decoder.decode(value, { stream: true });
      for (const event of parser.push(text)) receive(event);
    }
  }

  function receive({ type, data }: ServerSentEvent): void {
    if (signal.aborted) return;
    switch (type) {
      case "message":
        return owner.received(data);
      case "open":
        connection = textOf(data, "connection");
        return owner.opened();
      case "close":
        return end(Number(member(data, "code")), textOf(data, "reason"));
    }
  }

  async function sendWaiting(): Promise<void> {
    if (isSending) return;
    isSending = true;
    while (waiting.length > 0 && !signal.aborted) {
      const response = await request(`${baseUrl}/channels/send`, {
        method: "POST",
        headers: await requestHeaders({
          "content-type": "text/plain",
          "mizan-connection": connection,
          "mizan-sequence": String(sequence),
        }),
        body: takeRequest(waiting),
        signal,
      });
      // A request is not repeated: messages without a reply are sent again on the next connection.
      if (!response.ok) throw new Error("refused");
      sequence += 1;
    }
    isSending = false;
  }

  async function requestHeaders(
    own: Readonly<Record<string, string>>,
  ): Promise<Headers> {
    const all = new Headers(await headers?.());
    all.set("mizan-protocol", subprotocol);
    for (const [name, value] of Object.entries(own)) all.set(name, value);
    return all;
  }

  function end(code: number, reason: string): void {
    if (signal.aborted) return;
    abort.abort();
    owner.closed(code, reason);
  }

  const fail = (): void => end(lost, "");
  open().catch(fail);
  return {
    send(frame) {
      waiting.push(frame);
      sendWaiting().catch(fail);
    },
    close() {
      abort.abort();
    },
  };
}

/** Removes the frames of one request from the queue, and returns them as lines. */
function takeRequest(waiting: string[]): string {
  let count = 0;
  let chars = 0;
  while (count < waiting.length && count < maxFrames) {
    chars += waiting[count]?.length ?? 0;
    if (count > 0 && chars > maxRequestChars) break;
    count += 1;
  }
  return waiting.splice(0, count).join("\n");
}

function textOf(json: string, name: string): string {
  const text = member(json, name);
  return typeof text === "string" ? text : "";
}

function member(json: string, name: string): unknown {
  const value: unknown = JSON.parse(json);
  return typeof value === "object" && value !== null
    ? Reflect.get(value, name)
    : undefined;
}
