import { expect, it } from "vitest";
import { paramsToJson } from "../../channels/connection";
import { ChannelLog } from "../../channels/log";
import { parseJson, stringifyJson } from "../../transport/json";
import { feedChannel } from "../../../tests/cases/values/expected/channels";

const id = 9_007_199_254_740_993n;

function frame(json: string): Parameters<ChannelLog["apply"]>[0] {
  return parseJson(json) as Parameters<ChannelLog["apply"]>[0];
}

it("writes params with exact integers", () => {
  expect(paramsToJson(feedChannel, { room: id })).toBe(
    '{"room":9007199254740993}',
  );
});

it("converts messages and members, and stores messages exactly", () => {
  const log = new ChannelLog(10, feedChannel.codec);
  log.apply(
    frame('{"t":"subok","sub":1,"recovered":false,"epoch":"a","offset":0}'),
  );
  log.apply(
    frame(
      '{"t":"pub","sub":1,"offset":1,"prev":0,"data":{"kind":"counted","count":9007199254740993}}',
    ),
  );
  log.apply(
    frame(
      '{"t":"presence","sub":1,"members":[{"id":"m","info":{"id":"u","name":"Ada","seen":"2026-01-31T18:30:00Z"}}]}',
    ),
  );
  const [message] = log.state.messages;
  expect(message?.data).toEqual({ kind: "counted", count: id });
  expect(log.state.presence[0]?.info).toEqual({
    id: "u",
    name: "Ada",
    seen: new Date("2026-01-31T18:30:00Z"),
  });

  const stored = stringifyJson(log.toPersisted()) ?? "";
  expect(stored).toContain('"count":9007199254740993');
  const restored = new ChannelLog(10, feedChannel.codec);
  restored.restore(parseJson(stored) as Parameters<ChannelLog["restore"]>[0]);
  expect(restored.state.messages).toEqual(log.state.messages);
});

it("refuses a message that has no conversion, and keeps its position", () => {
  const log = new ChannelLog(10, feedChannel.codec);
  log.apply(
    frame('{"t":"subok","sub":1,"recovered":false,"epoch":"a","offset":0}'),
  );
  const invalid = frame(
    '{"t":"pub","sub":1,"offset":1,"prev":0,"data":{"kind":"moved","at":"soon"}}',
  );
  expect(() => log.apply(invalid)).toThrow("`at` is not a date and a time");
  expect(log.position).toEqual({ epoch: "a", offset: 0 });
});
