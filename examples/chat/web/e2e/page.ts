import {
  expect,
  test as base,
  type Locator,
  type Page,
} from "@playwright/test";

/** A page of the example. */
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

  /** Locates the panel of a function. */
  panel(name: string): Locator {
    return this.page.getByRole("article", { name, exact: true });
  }

  /** Locates the outcome of the last call in a panel. */
  outcome(name: string): Locator {
    return this.panel(name).locator(".outcome");
  }

  /** Locates the row of a function in the access board. */
  access(name: string): Locator {
    return this.page.getByRole("listitem").filter({ hasText: name });
  }

  /** Scrolls through the page until the browser has loaded its deferred sections. */
  async loadSections(): Promise<void> {
    await this.page.evaluate(async () => {
      for (const section of document.querySelectorAll(
        "[data-mizan-deferred]",
      )) {
        section.scrollIntoView();
        await new Promise<void>((resolve) => {
          const check = (): void => {
            if (!section.hasAttribute("data-mizan-deferred")) resolve();
          };
          new MutationObserver(check).observe(section, { attributes: true });
          check();
        });
      }
      scrollTo(0, 0);
    });
  }

  /** Switches to a demo user, or to "Visitor". */
  async switchTo(user: string): Promise<void> {
    const button = this.page
      .getByRole("group", { name: "Try the demo as" })
      .getByRole("button", { name: user, exact: true });
    await button.click();
    await expect(button).toHaveAttribute("aria-pressed", "true");
  }
}

/** Opens pages, and fails if the browser logs an error or a warning. */
export const test = base.extend<{
  /** Opens the page at a path. */
  visit: (path: string) => Promise<ChatPage>;
  /** The front page. */
  chat: ChatPage;
}>({
  visit: async ({ page }, use) => {
    const consoleMessages: string[] = [];
    page.on("pageerror", (error) => consoleMessages.push(error.message));
    page.on("console", (message) => {
      // The browser logs every rejected call; the page shows them.
      const isRejectedCall = /status of (401|403|422)/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !isRejectedCall) {
        consoleMessages.push(message.text());
      }
    });
    const chat = new ChatPage(page);
    await use(async (path) => {
      await page.goto(path);
      return chat;
    });
    expect(consoleMessages).toEqual([]);
  },
  chat: async ({ visit }, use) => {
    const chat = await visit("/");
    await chat.loadSections();
    await expect(chat.outcome("early_access")).toBeVisible();
    await use(chat);
  },
});

export { expect };
