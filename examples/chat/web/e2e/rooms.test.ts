import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import AxeBuilder from "@axe-core/playwright";
import type { Browser, Page, WebSocketRoute } from "@playwright/test";
import { signInByCall } from "./demo";
import { expect, test } from "./page";
import { startServer } from "./server";

/** A user with a browser in a room. */
class Guest {
  private isOffline = false;
  private readonly sockets = new Set<WebSocketRoute>();

  private constructor(readonly page: Page) {}

  static async enter(
    browser: Browser,
    user?: string,
    room = "lobby",
  ): Promise<Guest> {
    const guest = new Guest(await (await browser.newContext()).newPage());
    await guest.page.routeWebSocket(/\/api\/mizan\/ws/, (socket) => {
      if (guest.isOffline) return void socket.close({ code: 1001 });
      guest.sockets.add(socket);
      socket.connectToServer();
    });
    if (user !== undefined) await signInByCall(guest.page, user);
    await guest.page.goto(`/rooms/${room}/`);
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

  /** Returns the messages that contain this mark, in order. */
  async received(mark: string): Promise<string[]> {
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

test("shares messages and the list of guests between windows", async ({
  browser,
}) => {
  const mia = await Guest.enter(browser, "member");
  const ole = await Guest.enter(browser, "staff");
  const about = mark();
  // Other tests use this room, too.
  await expect(mia.guests).toContainText("Staff");
  await mia.say(`${about} hello`);
  await expect(ole.messages).toContainText(`${about} hello`);
  await ole.say(`${about} hi <b>there</b>`);
  await expect(mia.messages).toContainText(`${about} hi <b>there</b>`);
  const late = await Guest.enter(browser);
  await expect(late.messages).toContainText(`${about} hi`);
  await expect(late.page.getByText("to send messages")).toBeVisible();
  expect(await late.received(about)).toEqual(await mia.received(about));
});

test("receives all messages after being offline", async ({ browser }) => {
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
  // Messages sent while offline wait for the connection.
  await ole.say(`${about} from the tunnel`);
  expect(await ole.received(about)).toEqual([`${about} 0`]);
  ole.goOnline();
  await expect(mia.messages).toContainText(`${about} from the tunnel`, {
    timeout: 20_000,
  });
  const all = [...Array(10).keys()].map((number) => `${about} ${number}`);
  all.push(`${about} from the tunnel`);
  await expect.poll(() => ole.received(about)).toEqual(all);
  expect(await mia.received(about)).toEqual(all);
  await expect(ole.page.getByRole("alert")).toHaveCount(0);
});

test("keeps messages after a reload", async ({ browser }) => {
  const mia = await Guest.enter(browser, "member");
  const about = mark();
  await mia.say(`${about} before`);
  await expect(mia.messages).toContainText(`${about} before`);
  await mia.page.reload();
  await expect(mia.status).toHaveText("Live");
  expect(await mia.received(about)).toEqual([`${about} before`]);
});

test("rejects an oversized message and keeps it for editing", async ({
  browser,
}) => {
  const mia = await Guest.enter(browser, "member");
  const text = mark() + "x".repeat(500);
  await mia.say(text);
  await expect(
    mia.page.getByText(/Must have at most 500 characters\./),
  ).toBeVisible();
  await expect(mia.page.getByLabel("Message", { exact: true })).toHaveValue(
    text,
  );
});

test("rooms have no accessibility violations", async ({ visit }) => {
  const { page } = await visit("/rooms/");
  await expect(page.getByRole("status")).toHaveText("Live");
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
});

for (const [width, height] of [
  [1280, 800],
  [1280, 600],
  [390, 844],
] as const)
  test(`the composer is visible at ${width}x${height}`, async ({ browser }) => {
    const mia = await Guest.enter(browser, "member");
    await mia.page.setViewportSize({ width, height });
    await expect(
      mia.page.getByLabel("Message", { exact: true }),
    ).toBeInViewport({ ratio: 1 });
    await expect(mia.page.getByRole("button", { name: "Send" })).toBeInViewport(
      { ratio: 1 },
    );
    const heading = mia.page.getByRole("heading", { name: "Rooms" });
    await expect(heading).toBeInViewport({ ratio: 1 });
    // The header does not cover it.
    const header = await mia.page.locator("header").boundingBox();
    const box = await heading.boundingBox();
    expect(box!.y).toBeGreaterThanOrEqual(header!.y + header!.height);
  });

test("a new message does not scroll a reader who has scrolled up", async ({
  browser,
}) => {
  test.slow();
  const mia = await Guest.enter(browser, "member", "rust");
  const ole = await Guest.enter(browser, "staff", "rust");
  const about = mark();
  // Enough to make the list scrollable.
  for (let number = 0; number < 6; number += 1) {
    const text = `${about} ${number}${" words".repeat(70)}`;
    await mia.say(text);
    await expect(mia.messages).toContainText(text);
  }
  await expect(ole.messages).toContainText(`${about} 5`);
  const last = (text: string) => ole.messages.getByText(text, { exact: true });
  const list = ole.page.getByRole("group", { name: "Conversation" });
  const distance = () =>
    list.evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight);
  await expect.poll(distance).toBeLessThan(2);
  expect(
    await list.evaluate((it) => it.scrollHeight - it.clientHeight),
  ).toBeGreaterThan(100);
  await list.evaluate((element) => (element.scrollTop = 0));
  // The list records its position before the next message arrives.
  await ole.page.waitForTimeout(100);
  await mia.say(`${about} news`);
  const button = ole.page.getByRole("button", { name: "New messages" });
  await expect(button).toBeVisible();
  expect(await list.evaluate((element) => element.scrollTop)).toBe(0);
  await button.click();
  await expect(last(`${about} news`)).toBeInViewport();
  await expect(button).toHaveCount(0);
  // At the end of the list, the reader follows new messages.
  await mia.say(`${about} more`);
  await expect(last(`${about} more`)).toBeInViewport();
});

test("keeps the room in the address across back, forward and reload", async ({
  visit,
}) => {
  const { page } = await visit("/rooms/");
  await expect(page).toHaveURL("/rooms/lobby/");
  const tabs = page.getByRole("navigation", { name: "Rooms" });
  const isOpen = async (room: string): Promise<void> => {
    await expect(page).toHaveURL(`/rooms/${room}/`);
    await expect(tabs.locator('[aria-current="page"]')).toHaveText(`#${room}`);
    await expect(page.getByRole("region", { name: `#${room}` })).toBeVisible();
    await expect(page).toHaveTitle(`#${room} · mizan`);
  };
  await tabs.getByRole("link", { name: "#rust" }).click();
  await isOpen("rust");
  await tabs.getByRole("link", { name: "#react" }).click();
  await isOpen("react");
  await page.goBack();
  await isOpen("rust");
  await page.goForward();
  await isOpen("react");
  await page.reload();
  await isOpen("react");
  const html = await (await page.request.get("/rooms/rust/")).text();
  expect(html).toContain('aria-label="#rust"');
});

test("shows an empty room without a gap notice after a restart", async ({
  page,
}) => {
  const folder = await mkdtemp(`${tmpdir()}/mizan-`);
  const options = ["--database", `${folder}/chat.db`];
  let server = await startServer(...options);
  try {
    const { port } = new URL(server.address);
    await page.goto(`${server.address}/rooms/react/`);
    await expect(page.getByText("No messages yet.")).toBeVisible();
    server.process.kill();
    await expect(page.getByRole("status")).not.toHaveText("Live");
    server = await startServer("--port", port, ...options);
    await expect(page.getByRole("status")).toHaveText("Live", {
      timeout: 30_000,
    });
    await expect(page.getByText("No messages yet.")).toBeVisible();
    await expect(page.getByText("missing")).toHaveCount(0);
  } finally {
    server.process.kill();
    await rm(folder, { recursive: true, force: true });
  }
});
