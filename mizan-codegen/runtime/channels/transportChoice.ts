import { dialEvents } from "./eventSocket";
import { dialWebSocket } from "./webSocket";
import type { Dial } from "./frameSocket";

/** The time after which a WebSocket is tried again. */
const retryWebSocketAfterMs = 10 * 60_000;
const keyPrefix = "mizan-events-until:";

/**
 * Chooses between WebSockets and server-sent events.
 *
 * If the first WebSocket cannot be opened, the next attempt uses server-sent events. Once these have worked, they are
 * used for a while, also by other pages of the browser session. A page whose WebSocket was open continues to use
 * WebSockets, because a later failure is one of the server or of the network.
 */
export class TransportChoice {
  readonly #key: string;
  #hasOpenedWebSocket = false;
  #triesEvents = false;

  constructor(baseUrl: string) {
    this.#key = keyPrefix + baseUrl;
  }

  /** Returns the transport of the next attempt. */
  choose(): Dial {
    return this.#triesEvents || Date.now() < this.#eventsUntil()
      ? dialEvents
      : dialWebSocket;
  }

  /** A connection works. */
  opened(dial: Dial): void {
    this.#triesEvents = false;
    if (dial === dialWebSocket) this.#hasOpenedWebSocket = true;
    else if (Date.now() >= this.#eventsUntil())
      this.#store(Date.now() + retryWebSocketAfterMs);
  }

  /** An attempt failed before the server accepted the connection. */
  failed(dial: Dial): void {
    this.#triesEvents = dial === dialWebSocket && !this.#hasOpenedWebSocket;
    if (dial === dialEvents) this.#store(0);
  }

  #eventsUntil(): number {
    try {
      return Number(sessionStorage.getItem(this.#key));
    } catch {
      return 0;
    }
  }

  #store(until: number): void {
    try {
      sessionStorage.setItem(this.#key, String(until));
    } catch {
      // Without storage, each page tries a WebSocket first.
    }
  }
}
