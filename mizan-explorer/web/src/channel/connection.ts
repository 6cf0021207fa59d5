/** A frame that the console sent or received, or a change of the connection. */
export interface LogEntry {
  readonly id: number;
  readonly direction: "sent" | "received" | "status";
  readonly text: string;
}

/** The state of a console. */
export interface ConsoleState {
  readonly status: "closed" | "connecting" | "subscribed";
  /** The last entries, the newest last. */
  readonly log: readonly LogEntry[];
}

/** The console before it connects. */
export const initialState: ConsoleState = { status: "closed", log: [] };

/** The maximum number of entries in the log. */
const maxEntries = 200;

/** The number of the only subscription of a connection. */
const subscription = 1;

/** The subscription of a console. */
export interface Subscription {
  readonly channel: string;
  /** The params as JSON. */
  readonly params: string;
  /** The name of a test principal; `null` for an anonymous client. */
  readonly principal: string | null;
}

type Update = (change: (state: ConsoleState) => ConsoleState) => void;

/** A connection that subscribes to one channel, in the protocol `mizan.v1.json`. */
export class ConsoleConnection {
  private readonly socket: WebSocket;
  private readonly update: Update;
  private nextMessage = 1;

  constructor(wanted: Subscription, update: Update) {
    this.update = update;
    const url = new URL("/_mizan/ws", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    if (wanted.principal !== null)
      url.searchParams.set("principal", wanted.principal);
    update((state) => ({ ...state, status: "connecting" }));
    this.socket = new WebSocket(url, "mizan.v1.json");
    this.socket.onopen = () =>
      this.send(`{"t":"hello","client":"${crypto.randomUUID()}"}`);
    this.socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.receive(data, wanted);
    };
    this.socket.onclose = ({ code, reason }) => {
      this.log("status", `closed with ${code}${reason && `: ${reason}`}`);
      update((state) => ({ ...state, status: "closed" }));
    };
  }

  /** Sends a message to the channel. */
  sendMessage(json: string): void {
    const mid = `console-${this.nextMessage}`;
    this.nextMessage += 1;
    this.send(
      `{"t":"msg","sub":${subscription},"mid":"${mid}","data":${json}}`,
    );
  }

  /** Closes the connection. */
  close(): void {
    this.socket.close(1000);
  }

  private send(frame: string): void {
    this.socket.send(frame);
    this.log("sent", frame);
  }

  private receive(frame: string, { channel, params }: Subscription): void {
    const type = typeOf(frame);
    if (type === "ping") {
      this.socket.send('{"t":"pong"}');
      return;
    }
    this.log("received", frame);
    if (type === "welcome") {
      const name = JSON.stringify(channel);
      this.send(
        `{"t":"sub","sub":${subscription},"channel":${name},"params":${params}}`,
      );
    }
    if (type === "subok")
      this.update((state) => ({ ...state, status: "subscribed" }));
    if (type === "unsub") this.close();
  }

  private log(direction: LogEntry["direction"], text: string): void {
    this.update((state) => {
      const id = (state.log.at(-1)?.id ?? 0) + 1;
      const log = [...state.log, { id, direction, text }];
      return { ...state, log: log.slice(-maxEntries) };
    });
  }
}

function typeOf(frame: string): unknown {
  try {
    return (JSON.parse(frame) as { readonly t?: unknown }).t;
  } catch {
    return undefined;
  }
}
