import { describe, expect, expectTypeOf, it } from "vitest";
import { CallError, type Failure } from "../../transport/error";
import type { RenameError } from "../support/api";

describe("CallError", () => {
  it("has the data of the failure as properties", () => {
    const error = new CallError({
      code: "taken",
      message: "m",
      data: { by: "Ada" },
    });
    expect(error).toMatchObject({
      code: "taken",
      by: "Ada",
      status: 0,
      outdated: false,
    });
    expect(error).toBeInstanceOf(Error);
  });

  it.each([
    "name",
    "message",
    "stack",
    "cause",
    "code",
    "status",
    "fields",
    "errorId",
    "outdated",
    "retryAfter",
    "toString",
    "constructor",
  ])("does not let data set its own member %s", (member) => {
    const make = (data: object): CallError =>
      new CallError({
        code: "c",
        message: "m",
        errorId: "e",
        retryAfter: 1,
        cause: 0,
        data,
      });
    const error = make({ [member]: "clobbered" });
    expect(Reflect.get(error, member)).not.toBe("clobbered");
    const bare = new CallError({
      code: "c",
      message: "m",
      data: { [member]: "clobbered" },
    });
    expect(Reflect.get(bare, member)).not.toBe("clobbered");
  });

  it("keeps its prototype despite data", () => {
    const data = JSON.parse('{"__proto__":{"polluted":true}}');
    const error = new CallError({ code: "c", message: "m", data });
    expect(Object.getPrototypeOf(error)).toBe(CallError.prototype);
    expect("polluted" in error).toBe(false);
    expect("polluted" in {}).toBe(false);
  });

  it("narrows by its code exhaustively", () => {
    function describeFailure(error: RenameError): string {
      switch (error.code) {
        case "taken":
          expectTypeOf(error.by).toEqualTypeOf<string>();
          return `taken by ${error.by}`;
        case "locked":
          // @ts-expect-error: only "taken" has `by`
          return `locked ${error.by}`;
        case "unauthenticated":
        case "forbidden":
        case "internal":
        case "network":
        case "aborted":
        case "timeout":
        case "unreadable_reply":
          return error.code;
        default:
          return error satisfies never;
      }
    }
    const taken: Failure<"taken", { by: string }> = Object.assign(
      new CallError({ code: "taken" as const, message: "m" }),
      { by: "Ada" },
    );
    expect(describeFailure(taken)).toBe("taken by Ada");
  });
});
