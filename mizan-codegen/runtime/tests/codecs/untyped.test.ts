import { describe, expect, it, vi } from "vitest";
import { decodeBigInt } from "../../codecs/integers";
import { decodeOr, encodeUntyped } from "../../codecs/untyped";
import { stringifyJson } from "../../transport/json";

describe("encodeUntyped", () => {
  it("converts integers, dates and bytes at every depth", () => {
    const value = {
      id: 9_007_199_254_740_993n,
      list: [{ at: new Date(0) }, new Uint8Array([1, 2]), null, undefined],
      plain: Object.assign(Object.create(null) as object, { small: 1n }),
    };
    expect(stringifyJson(encodeUntyped(value))).toBe(
      '{"id":9007199254740993,"list":[{"at":"1970-01-01T00:00:00.000Z"},"AQI=",null,null],"plain":{"small":1}}',
    );
  });

  it("keeps files", () => {
    const file = new File(["a"], "a.txt");
    expect(encodeUntyped({ file })).toEqual({ file });
    expect((encodeUntyped([file]) as unknown[])[0]).toBe(file);
  });

  it("does not need the global `Blob`, which servers may lack", () => {
    vi.stubGlobal("Blob", undefined);
    expect(encodeUntyped({ id: 1 })).toEqual({ id: 1 });
  });
});

describe("decodeOr", () => {
  it("keeps a value without a conversion", () => {
    expect(decodeOr(decodeBigInt, 1)).toBe(1n);
    expect(decodeOr(decodeBigInt, "x")).toBe("x");
    const fail = (): never => {
      throw new TypeError("broken");
    };
    expect(() => decodeOr(fail, 1)).toThrow("broken");
  });
});
