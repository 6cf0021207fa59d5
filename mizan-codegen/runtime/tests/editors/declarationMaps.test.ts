import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bundle,
  definitions,
  errorsOf,
  generateClients,
  languageServerDefinitions,
} from "../support/editor.mjs";

const code = `import { api, usePost, useRename } from "./blog";
import { GreetProvider, useInfinitePosts } from "./blog/react";
import type { /*go*/RenameInput } from "./blog/types";
import { /*go*/chatChannel, useChatChannel, type /*go*/ChatChannel } from "./channels";
import { api as forms } from "./forms";
import { /*go*/contactForm, useContactForm } from "./forms/forms";

export const input: RenameInput = { id: 1, title: "Tea" };
export const channel: ChatChannel["params"] = { room: "tea" };
export const renamed = api./*go*/rename(input);
export const options = api./*go*/post.queryOptions({ id: 1 });
export const hooks = () => [
  /*go*/useRename(),
  /*go*/usePost({ id: 1 }),
  /*go*/useInfinitePosts({}),
  /*go*/GreetProvider,
  /*go*/useChatChannel(channel),
  /*go*/useContactForm(),
];
export const state = forms.forms./*go*/contact.state();
export { chatChannel, contactForm };
`;

/** The places in the manifests of the cases, in the order of the marks. */
const blog = "server/examples/blog/src/functions.rs";
const chat = "server/src/chat.rs:12";
const contact = "server/src/contact.rs:7";
const expected = [
  `${blog}:4`,
  chat,
  chat,
  contact,
  `${blog}:4`,
  `${blog}:11`,
  `${blog}:4`,
  `${blog}:11`,
  `${blog}:18`,
  `${blog}:32`,
  chat,
  contact,
  contact,
].map((place) => [place]);

describe("a client with declaration maps", () => {
  let client: ReturnType<typeof generateClients> | undefined;
  const folder = (): string => client?.folder ?? "";
  beforeAll(() => {
    client = generateClients(["blog", "channels", "forms"], code);
  }, 600_000);
  afterAll(() => client?.remove());

  it.each(["typescript", "typescript-5.7"])(
    "passes %s",
    (version) => {
      expect(errorsOf(version, folder())).toBe("");
    },
    120_000,
  );

  it.each([
    ["5.7", definitions],
    ["7", languageServerDefinitions],
  ] as const)(
    "opens the lines of Rust with TypeScript %s",
    async (_, find) => {
      expect(await find(folder())).toEqual(expected);
    },
    120_000,
  );

  it("is bundled with its implementation", async () => {
    const bundled = await bundle(folder());
    expect(bundled).toContain("function useRename(");
    expect(bundled).toContain('name: "chat"');
  });
});
