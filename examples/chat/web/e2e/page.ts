import {
  expect,
  test as base,
  type Locator,
  type Page,
} from "@playwright/test";

/** The page of the example. */
export class ChatPage {
  /** The paths and queries of the calls to the server, in order. */
  readonly calls: string[] = [];

  constructor(readonly page: Page) {
    page.on("request", (request) => {
      const { pathname, search } = new URL(request.url());
      if (pathname.startsWith("/api/mizan/"))
        this.calls.push(pathname + search);
    });
  }

  /** The panel of one function. */
  panel(name: string): Locator {
    return this.page.getByRole("article", { name, exact: true });
  }

  /** What a panel shows of its last call. */
  outcome(name: string): Locator {
    return this.panel(name).locator(".outcome");
  }

  /** The row of the board at the top that tells whether a function may be called. */
  access(name: string): Locator {
    return this.page.getByRole("listitem").filter({ hasText: name });
  }

  /** Picks a user, or "Visitor", at the top. */
  async switchTo(user: string): Promise<void> {
    const button = this.page
      .getByRole("group", { name: "Try the demo as" })
      .getByRole("button", { name: user, exact: true });
    await button.click();
    await expect(button).toHaveAttribute("aria-pressed", "true");
  }
}

/** Opens pages, and fails when the browser has anything to complain about. */
export const test = base.extend<{
  /** Opens the page at a path. */
  visit: (path: string) => Promise<ChatPage>;
  /** The front page. */
  chat: ChatPage;
}>({
  visit: async ({ page }, use) => {
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      // The browser reports each refused call by itself; the page shows them.
      const isRefusal = /status of (401|403|422)/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !isRefusal) {
        complaints.push(message.text());
      }
    });
    const chat = new ChatPage(page);
    await use(async (path) => {
      await page.goto(path);
      return chat;
    });
    expect(complaints).toEqual([]);
  },
  chat: async ({ visit }, use) => {
    const chat = await visit("/");
    await expect(chat.outcome("early_access")).toBeVisible();
    await use(chat);
  },
});

export { expect };
