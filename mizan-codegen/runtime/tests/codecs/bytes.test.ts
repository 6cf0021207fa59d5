import { describe, expect, it } from "vitest";
import { decodeBytes, encodeBytes } from "../../codecs/bytes";

describe("bytes", () => {
  it("of every length are equal after a round trip", () => {
    for (let length = 0; length < 200; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, index) => index * 37 + 251);
      const text = Buffer.from(bytes).toString("base64");
      expect(encodeBytes(bytes)).toBe(text);
      expect(decodeBytes(text)).toEqual(bytes);
    }
  });

  it.each(["A", "AB=C", "====", "A===", "é===", "AB$=", "\u{1f600}=="])(
    "refuse %s",
    (text) => {
      expect(() => decodeBytes(text)).toThrow("is not base64");
    },
  );

  it.each(["AQ", "AQI", "AQ  ", " AQI=", "AQ==\n", "AR==", "AQJ="])(
    "refuse another spelling of bytes: %j",
    (text) => {
      expect(() => decodeBytes(text)).toThrow("is not base64");
    },
  );
});
