import { parse as parseLossless } from "lossless-json";
import { describe, expect, it } from "vitest";
import {
  integerOf,
  markInteger,
  markIntegers,
  parseJson,
  stringifyJson,
  toJsonKey,
} from "../../transport/json";

/** Replaces marked strings by bigints. */
function toBigInts(json: unknown): unknown {
  const digits = integerOf(json);
  if (digits !== undefined) return BigInt(digits);
  if (Array.isArray(json)) return json.map(toBigInts);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, toBigInts(value)]),
  );
}

/** Parses as the library does, with bigints for integers that a number cannot hold. */
function reference(text: string): unknown {
  return parseLossless(text, undefined, {
    parseNumber: (digits) => {
      const number = Number(digits);
      return /^-?\d+$/.test(digits) && !Number.isSafeInteger(number)
        ? BigInt(digits)
        : number;
    },
  });
}

describe("parseJson", () => {
  it.each([
    "18446744073709551615",
    " -9223372036854775808 ",
    "9007199254740991",
    "9007199254740993",
    "[1,9007199254740993,-9007199254740993]",
    '{"id":9007199254740993,"next":{"id":12345678901234567890123456789012345678}}',
    '{ "id" : 9007199254740993 }',
    '["9007199254740993",":9007199254740993,","\\"[9007199254740993]","\\\\",9007199254740993]',
    '{"9007199254740993":9007199254740993,"a\\\\\\"b,1111111111111111111,":[2222222222222222222]}',
    "[0.12345678901234567,1234567890123456.5,12345678901234567e2,1e-1234567890123456]",
    '["a","b\\u0022,9999999999999999999]",9999999999999999999]',
    "null",
  ])("reads every integer of %s exactly", (text) => {
    expect(toBigInts(parseJson(text))).toEqual(reference(text));
  });

  it("agrees with a lossless parser for thousands of generated documents", () => {
    let seed = 1;
    const random = (limit: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % limit;
    };
    const parts = ['"', "\\", ",", ":", "[", "]", "{", "}", " ", "é", "-"];
    const text = (): string => {
      const length = random(6);
      const letters = Array.from({ length }, () =>
        random(3) === 0
          ? "90071992547409931".slice(random(4))
          : (parts[random(parts.length)] ?? ""),
      );
      return letters.join("");
    };
    const digits = (): string => {
      const sign = random(2) === 0 ? "-" : "";
      const length = 1 + random(38);
      const rest = Array.from({ length }, () => random(10)).join("");
      return sign + String(1 + random(9)) + rest;
    };
    const number = (): string =>
      [digits(), `${digits()}.5`, `0.${digits().replace("-", "")}`, "1e300"][
        random(4)
      ] ?? "0";
    const value = (depth: number): string => {
      const kind = random(depth > 3 ? 2 : 4);
      if (kind === 0) return JSON.stringify(text());
      if (kind === 1) return number();
      const items = Array.from({ length: random(4) }, () => value(depth + 1));
      if (kind === 2) return `[${items.join(random(2) ? "," : " , ")}]`;
      const members = items.map(
        (item, index) => `${JSON.stringify(text() + String(index))}:${item}`,
      );
      return `{${members.join(",")}}`;
    };
    for (let round = 0; round < 5_000; round += 1) {
      const json = value(0);
      expect(toBigInts(parseJson(json))).toEqual(reference(json));
    }
  });

  it("rejects what JSON.parse rejects", () => {
    for (const text of [
      "",
      "[9007199254740993",
      "09007199254740993",
      "[9007199254740993 1]",
      '"9007199254740993',
    ])
      expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it("reads a string of many digits in linear time", () => {
    const text = JSON.stringify(["1".repeat(1_000_000), "-"]);
    expect(markIntegers(text)).toBe(text);
  });

  it("returns text without large integers unchanged", () => {
    const text = '{"id":9007199254740991,"text":"9007199254740993"}';
    expect(markIntegers(text)).toBe(text);
  });
});

describe("stringifyJson", () => {
  it("writes integers that a number cannot hold", () => {
    const id = 18_446_744_073_709_551_615n;
    const value = { id: markInteger(id), small: markInteger(-7n), text: "7n" };
    const json = '{"id":18446744073709551615,"small":-7,"text":"7n"}';
    expect(stringifyJson(value)).toBe(json);
    expect(toBigInts(parseJson(json))).toEqual({ ...value, id, small: -7 });
  });
});

it("makes keys that are the same in every page", () => {
  const key = { id: markInteger(9_007_199_254_740_993n), small: 7 };
  expect(toJsonKey(key)).toEqual({ id: "9007199254740993n", small: 7 });
});
