import AxeBuilder from "@axe-core/playwright";
import type { Browser, Page, WebSocketRoute } from "@playwright/test";
import { expect, test } from "./page";

/** As the sign-in page tells everybody. */
const demoPassword = "open sesame, demo";

/** Somebody with a browser, in the room where these tests talk. */
class Guest {
  private isOffline = false;
  private readonly sockets = new Set<WebSocketRoute>();

  private constructor(readonly page: Page) {}

  static async enter(browser: Browser, user?: string): Promise<Guest> {
    const guest = new Guest(await (await browser.newContext()).newPage());
    await guest.page.routeWebSocket(/\/api\/mizan\/ws/, (socket) => {
      if (guest.isOffline) return void socket.close({ code: 1001 });
      guest.sockets.add(socket);
      socket.connectToServer();
    });
    if (user !== undefined)
      await guest.page.request.post("/api/mizan/call/sign_in.submit", {
        data: { email: `${user}@example.com`, password: demoPassword },
      });
    await guest.page.goto("/rooms/");
    await expect(guest.status).toHaveText("Live");
    return guest;
  }

  get status() {
    return this.page.getByRole("status");
  }

  get messages() {
    return this.page.getByRole("list", { name: "Messages" });
  }

  get guests() {
    return this.page.getByRole("list", { name: "Here now" });
  }

  async say(text: string): Promise<void> {
    await this.page.getByLabel("Message", { exact: true }).fill(text);
    await this.page.getByRole("button", { name: "Send" }).click();
  }

  /** What was said with this mark in it, in order. */
  async heard(mark: string): Promise<string[]> {
    const texts = await this.messages
      .locator(".message-text")
      .allTextContents();
    return texts.filter((text) => text.includes(mark));
  }

  async goOffline(): Promise<void> {
    this.isOffline = true;
    for (const socket of this.sockets) await socket.close({ code: 1001 });
    this.sockets.clear();
    await expect(this.status).not.toHaveText("Live");
  }

  goOnline(): void {
    this.isOffline = false;
  }
}

let count = 0;
const mark = () => `m${Date.now()}-${(count += 1)}`;

test("two windows are in step, and see who is there", async ({ browser }) => {
  const mia = await Guest.enter(browser, "member");
  const ole = await Guest.enter(browser, "staff");
  const about = mark();
  // Other tests talk here as well.
  await expect(mia.guests).toContainText("Staff");
  await mia.say(`${about} hello`);
  await expect(ole.messages).toContainText(`${about} hello`);
  await ole.say(`${about} hi <b>there</b>`);
  await expect(mia.messages).toContainText(`${about} hi <b>there</b>`);
  const late = await Guest.enter(browser);
  await expect(late.messages).toContainText(`${about} hi`);
  await expect(late.page.getByText("Sign in at the top")).toBeVisible();
  expect(await late.heard(about)).toEqual(await mia.heard(about));
});

test("somebody goes offline and comes back, and nothing is missing", async ({
  browser,
}) => {
  const mia = await Guest.enter(browser, "superuser");
  const ole = await Guest.enter(browser, "staff");
  const about = mark();
  await mia.say(`${about} 0`);
  await expect(ole.messages).toContainText(`${about} 0`);
  await ole.goOffline();
  for (let number = 1; number <= 9; number += 1) {
    await mia.say(`${about} ${number}`);
    await expect(mia.messages).toContainText(`${about} ${number}`);
  }
  // What is said without a connection waits for one.
  await ole.say(`${about} from the tunnel`);
  expect(await ole.heard(about)).toEqual([`${about} 0`]);
  ole.goOnline();
  await expect(mia.messages).toContainText(`${about} from the tunnel`, {
    timeout: 20_000,
  });
  const all = [...Array(10).keys()].map((number) => `${about} ${number}`);
  all.push(`${about} from the tunnel`);
  await expect.poll(() => ole.heard(about)).toEqual(all);
  expect(await mia.heard(about)).toEqual(all);
  await expect(ole.page.getByRole("alert")).toHaveCount(0);
});

test("a reload goes on where it was", async ({ browser }) => {
  const mia = await Guest.enter(browser, "member");
  const about = mark();
  await mia.say(`${about} before`);
  await expect(mia.messages).toContainText(`${about} before`);
  await mia.page.reload();
  await expect(mia.status).toHaveText("Live");
  expect(await mia.heard(about)).toEqual([`${about} before`]);
});

test("a message that is too long is refused, and stays to be mended", async ({
  browser,
}) => {
  const mia = await Guest.enter(browser, "member");
  const text = mark() + "x".repeat(500);
  await mia.say(text);
  await expect(mia.page.getByText(/at most 500 characters/)).toBeVisible();
  await expect(mia.page.getByLabel("Message", { exact: true })).toHaveValue(
    text,
  );
});

test("rooms have nothing that keeps people out", async ({ visit }) => {
  const { page } = await visit("/rooms/");
  await expect(page.getByRole("status")).toHaveText("Live");
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
});
