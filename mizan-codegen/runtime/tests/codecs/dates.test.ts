import { describe, expect, it } from "vitest";
import { decodeDate } from "../../codecs/dates";

describe("decodeDate", () => {
  it("reads moments as `new Date` does", () => {
    let seed = 7;
    const random = (limit: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % limit;
    };
    const padded = (limit: number, length: number): string =>
      String(random(limit)).padStart(length, "0");
    let accepted = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const fraction = random(2) === 0 ? "" : `.${padded(1000, 3)}`;
      let text = `${padded(10_000, 4)}-${padded(14, 2)}-${padded(33, 2)}T${padded(25, 2)}:${padded(61, 2)}:${padded(60, 2)}${fraction}Z`;
      if (random(4) === 0) {
        const index = random(text.length);
        text =
          text.slice(0, index) + "-Z.:x7"[random(6)]! + text.slice(index + 1);
      }
      const time = Date.parse(text);
      if (Number.isNaN(time)) {
        expect(() => decodeDate(text)).toThrow("is not a date and a time");
      } else {
        accepted += 1;
        expect(decodeDate(text).getTime(), text).toBe(time);
      }
    }
    expect(accepted).toBeGreaterThan(5_000);
  });

  it.each([
    ["0099-12-31T23:59:59Z", Date.parse("0099-12-31T23:59:59Z")],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1)],
    ["+010000-01-01T00:00:00Z", Date.UTC(10_000, 0, 1)],
  ])("reads %s", (text, time) => {
    expect(decodeDate(text).getTime()).toBe(time);
  });
});
