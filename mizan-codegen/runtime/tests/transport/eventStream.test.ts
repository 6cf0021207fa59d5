import { describe, expect, it } from "vitest";
import { EventParser, type ServerSentEvent } from "../../transport/eventStream";

function parse(text: string): ServerSentEvent[] {
  return new EventParser().push(text);
}

describe("EventParser", () => {
  // The examples of the HTML Standard, section 9.2.6.
  it.each<[string, string, ServerSentEvent[]]>([
    [
      "several lines of data",
      "data: YHOO\ndata: +2\ndata: 10\n\n",
      [{ type: "message", data: "YHOO\n+2\n10" }],
    ],
    [
      "comments and ids, and drops an incomplete event",
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event",
      [
        { type: "message", data: "first event" },
        { type: "message", data: "second event" },
      ],
    ],
    [
      "fields without a value",
      "data\n\ndata\ndata\n\ndata:",
      [
        { type: "message", data: "" },
        { type: "message", data: "\n" },
      ],
    ],
    [
      "at most one space after the colon",
      "data:test\n\ndata: test\n\ndata:  test\n\n",
      [
        { type: "message", data: "test" },
        { type: "message", data: "test" },
        { type: "message", data: " test" },
      ],
    ],
    [
      "names, and events without data",
      "event: add\ndata: 73857293\n\nevent: empty\n\ndata: 2\n\n",
      [
        { type: "add", data: "73857293" },
        { type: "message", data: "2" },
      ],
    ],
    [
      "unknown fields",
      "Data: a\ndatas: b\nfoo\ndata: c\n\n",
      [{ type: "message", data: "c" }],
    ],
  ])("reads %s", (_, text, events) => {
    expect(parse(text)).toEqual(events);
  });

  it("reads every kind of line end, in any parts", () => {
    const text =
      "event: a\r\ndata: 1\r\n\r\ndata: 2\rdata: 3\n\r: x\r\r\ndata: ü\n\n";
    const expected = [
      { type: "a", data: "1" },
      { type: "message", data: "2\n3" },
      { type: "message", data: "ü" },
    ];
    expect(parse(text)).toEqual(expected);
    for (let size = 1; size < text.length; size += 1) {
      const parser = new EventParser();
      const found: ServerSentEvent[] = [];
      for (let start = 0; start < text.length; start += size)
        found.push(...parser.push(text.slice(start, start + size)));
      expect(found, `parts of ${size}`).toEqual(expected);
    }
  });

  it("keeps the id of the last event, and the time to reconnect", () => {
    const parser = new EventParser();
    parser.push("id: 1\ndata: a\n\n");
    expect(parser.lastEventId).toBe("1");
    parser.push("data: b\n\nid: 2\nretry: 250\n");
    expect(parser.lastEventId).toBe("1");
    expect(parser.retry).toBe(250);
    parser.push("\n");
    expect(parser.lastEventId).toBe("2");
    parser.push("id: a\0b\nretry: soon\n\n");
    expect(parser.lastEventId).toBe("2");
    expect(parser.retry).toBe(250);
    parser.push("id\n\n");
    expect(parser.lastEventId).toBe("");
  });
});
