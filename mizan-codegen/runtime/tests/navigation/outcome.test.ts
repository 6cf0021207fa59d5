import { expect, test } from "vitest";
import { isLocalPath } from "../../navigation/localPath";
import {
  forbidden,
  notFound,
  outcomeOf,
  redirect,
  unauthorized,
} from "../../navigation/outcome";
import { CallError } from "../../transport/error";

function thrown(answer: () => never): unknown {
  try {
    answer();
  } catch (error) {
    return error;
  }
  throw new Error("the function returned");
}

test("accepts only paths of this site", () => {
  for (const path of ["/", "/a/?b=//c#d", "/a//b", "/%2F%2Fexample.com"])
    expect(isLocalPath(path), path).toBe(true);
  for (const path of [
    "",
    "posts",
    "//example.com",
    "/\\example.com",
    "/\t/example.com",
    "/a\r\nb",
    "/a\n",
    " /a",
    "/a b",
    "https://example.com",
    "javascript:alert(1)",
    "/ünicode",
    "/\0",
    "/\x7f",
  ])
    expect(isLocalPath(path), JSON.stringify(path)).toBe(false);
});

test("reads the outcome that a component threw", () => {
  expect(outcomeOf(thrown(notFound))).toEqual({ kind: "not_found" });
  expect(outcomeOf(thrown(forbidden))).toEqual({ kind: "forbidden" });
  expect(outcomeOf(thrown(unauthorized))).toEqual({ kind: "unauthorized" });
  expect(outcomeOf(thrown(() => redirect("/a?b=c:d#e")))).toEqual({
    kind: "redirect",
    path: "/a?b=c:d#e",
  });
  expect(thrown(() => redirect("/a", { permanent: true }))).toHaveProperty(
    "digest",
    "mizan-page:permanent_redirect:/a",
  );
});

test("reads the outcome of a failed call", () => {
  const failed = (status: number): unknown =>
    outcomeOf(new CallError({ code: "other", message: "", status }));
  expect(failed(401)).toEqual({ kind: "unauthorized" });
  expect(failed(403)).toEqual({ kind: "forbidden" });
  expect(failed(404)).toEqual({ kind: "not_found" });
  expect(failed(409)).toBeUndefined();
  expect(failed(0)).toBeUndefined();
});

test("rejects redirects to other sites", () => {
  expect(() => redirect("//example.com")).toThrow(TypeError);
  const digest = (text: unknown): unknown => outcomeOf({ digest: text });
  expect(digest("mizan-page:redirect://example.com")).toBeUndefined();
  expect(digest("mizan-page:redirect:")).toBeUndefined();
  expect(digest("mizan-page:other")).toBeUndefined();
  expect(digest("1234")).toBeUndefined();
  expect(digest(404)).toBeUndefined();
  expect(outcomeOf("mizan-page:not_found")).toBeUndefined();
  expect(outcomeOf(null)).toBeUndefined();
});
