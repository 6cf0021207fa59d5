import { describe, expect, it } from "vitest";
import { isPlainClick, navigationUrl } from "../../navigation/clicks";

const plain = {
  button: 0,
  metaKey: false,
  ctrlKey: false,
  shiftKey: false,
  altKey: false,
  defaultPrevented: false,
};

function urlOf(href: string, attributes: Record<string, string> = {}): unknown {
  const link = {
    href: href && new URL(href, "https://a.example/posts/?p=1").href,
    target: attributes["target"] ?? "",
    hasAttribute: (name: string) => name in attributes,
  };
  const current = { href: "https://a.example/posts/?p=1#top" };
  return navigationUrl(link, current)?.href;
}

describe("clicks on links", () => {
  it("are left to the browser with another button or a modifier", () => {
    expect(isPlainClick(plain)).toBe(true);
    for (const change of [
      { button: 1 },
      { metaKey: true },
      { ctrlKey: true },
      { shiftKey: true },
      { altKey: true },
      { defaultPrevented: true },
    ])
      expect(isPlainClick({ ...plain, ...change })).toBe(false);
  });

  it("navigate to pages of the same site", () => {
    expect(urlOf("/a/")).toBe("https://a.example/a/");
    expect(urlOf("/a/#b", { target: "_self" })).toBe("https://a.example/a/#b");
    expect(urlOf("?p=2")).toBe("https://a.example/posts/?p=2");
    expect(urlOf("/posts/?p=1")).toBe("https://a.example/posts/?p=1");
  });

  it("are left to the browser for everything else", () => {
    expect(urlOf("#b")).toBeUndefined();
    expect(urlOf("/posts/?p=1#")).toBeUndefined();
    expect(urlOf("https://b.example/")).toBeUndefined();
    expect(urlOf("http://a.example/")).toBeUndefined();
    expect(urlOf("mailto:a@a.example")).toBeUndefined();
    expect(urlOf("javascript:alert(1)")).toBeUndefined();
    expect(urlOf("")).toBeUndefined();
    expect(urlOf("/a/", { target: "_blank" })).toBeUndefined();
    expect(urlOf("/a/", { download: "" })).toBeUndefined();
  });
});
