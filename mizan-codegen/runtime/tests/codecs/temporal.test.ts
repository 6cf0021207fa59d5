import { Temporal } from "temporal-polyfill";
import { expect, it } from "vitest";
import * as codec from "../../codecs/temporal";

it.each([
  ["2026-01-31T18:30:00.123456789Z", codec.decodeInstant, Temporal.Instant],
  ["2026-01-31", codec.decodePlainDate, Temporal.PlainDate],
  ["18:30:00.5", codec.decodePlainTime, Temporal.PlainTime],
  ["2026-01-31T18:30:00", codec.decodePlainDateTime, Temporal.PlainDateTime],
  [
    "2026-01-31T19:30:00+01:00[Europe/Berlin]",
    codec.decodeZonedDateTime,
    Temporal.ZonedDateTime,
  ],
  ["P1DT2H", codec.decodeDuration, Temporal.Duration],
])("%s survives both directions", (json, decode, type) => {
  const value = decode(json);
  expect(value).toBeInstanceOf(type);
  expect(codec.isTemporal(value)).toBe(true);
  expect(codec.encodeTemporal(value)).toBe(json);
});

it("keeps the moment of a zone that has moved", () => {
  const moved = codec.decodeZonedDateTime(
    "2026-01-31T19:30:00+05:00[Europe/Berlin]",
  );
  expect(moved.toInstant().toJSON()).toBe("2026-01-31T14:30:00Z");
});

it("keeps the moment of a zone whose offset has seconds", () => {
  const json = "1890-01-31T19:30:00+00:09[Europe/Paris]";
  const local = codec.decodeZonedDateTime(json);
  expect(local.toInstant().toJSON()).toBe("1890-01-31T19:20:39Z");
  expect(codec.encodeTemporal(local)).toBe(json);
});

it("refuses other strings with their path", () => {
  const holder = { at: "soon" };
  expect(() => codec.decodeInstant(holder.at, holder, "at")).toThrow(
    expect.objectContaining({ holder, key: "at" }) as Error,
  );
  expect(codec.encodeTemporal("soon")).toBe("soon");
});
