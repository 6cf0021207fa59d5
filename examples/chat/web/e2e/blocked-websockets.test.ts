import type { Browser, Page } from "@playwright/test";
import { signInByCall } from "./demo";
import { expect, test } from "./page";

/** Opens a room as a user whose network refuses WebSockets. */
async function enterWithoutWebSockets(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.addInitScript(() => {
    // The handshake is refused, as by a proxy that only knows HTTP.
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(String(url).replace(/\/ws$/, "/refused"), protocols);
      }
    };
  });
  await signInByCall(page, "member");
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

const messages = (page: Page) => page.getByRole("list", { name: "Messages" });

test("rooms work without WebSockets", async ({ browser }) => {
  const room = `/rooms/lobby/`;
  const about = `b${Date.now()}`;
  const blocked = await enterWithoutWebSockets(browser);
  const attempts: string[] = [];
  blocked.on("websocket", (socket) => attempts.push(socket.url()));
  await blocked.goto(room);
  await expect(blocked.getByRole("status")).toHaveText("Live");
  expect(attempts.filter((url) => url.endsWith("/refused"))).toHaveLength(1);

  const other = await (await browser.newContext()).newPage();
  await signInByCall(other, "staff");
  await other.goto(room);
  await expect(other.getByRole("status")).toHaveText("Live");
  const guests = other.getByRole("list", { name: "Here now" });
  await expect(guests).toContainText("Member");
  for (const number of [1, 2, 3]) await say(blocked, `${about} ${number}`);
  await expect(messages(other)).toContainText(`${about} 3`);
  await say(other, `${about} reply`);
  await expect(messages(blocked)).toContainText(`${about} reply`);

  // The page remembers the transport, and continues after its last message.
  await blocked.goto("about:blank");
  await say(other, `${about} missed`);
  attempts.length = 0;
  await blocked.goto(room);
  await expect(messages(blocked)).toContainText(`${about} missed`);
  expect(attempts.filter((url) => url.endsWith("/refused"))).toEqual([]);
  const texts = async (page: Page) => {
    const all = await messages(page).locator(".message-text").allTextContents();
    return all.filter((text) => text.includes(about));
  };
  expect(await texts(blocked)).toEqual(await texts(other));
  expect(await texts(blocked)).toHaveLength(5);
});
