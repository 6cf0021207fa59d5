/** A server-sent event (HTML Standard, section 9.2). */
export interface ServerSentEvent {
  /** The name of the event, `message` by default. */
  readonly type: string;
  readonly data: string;
}

/** Parses an event stream, whose text arrives in any parts. */
export class EventParser {
  /** The last id in the stream; empty if there was none. */
  lastEventId = "";
  /** The time in milliseconds after which the server asks to reconnect. */
  retry: number | undefined;
  private rest = "";
  private id = "";
  private type = "";
  private data: string[] = [];

  /** Returns the events that are complete with `text`. */
  push(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    // A line feed may follow a carriage return at the end.
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = this.readLine(line);
      if (event) events.push(event);
    }
    return events;
  }

  private readLine(line: string): ServerSentEvent | undefined {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.type = value;
    if (field === "data") this.data.push(value);
    if (field === "id" && !value.includes("\0")) this.id = value;
    if (field === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
    return undefined;
  }

  private dispatch(): ServerSentEvent | undefined {
    const { type, data } = this;
    this.lastEventId = this.id;
    this.type = "";
    this.data = [];
    return data.length === 0
      ? undefined
      : { type: type || "message", data: data.join("\n") };
  }
}
