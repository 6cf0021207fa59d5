import type { Browser, Page } from "@playwright/test";
import { signInByCall } from "./demo";
import { expect, test } from "./page";

async function open(
  browser: Browser,
  user: string,
  room: string,
): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await signInByCall(page, user);
  await page.goto(`/rooms/${room}/`);
  await expect(page.getByRole("status")).toHaveText("Live");
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("list", { name: "Messages" })).toContainText(
    text,
  );
}

test("numbers of unread messages stay current in all browsers", async ({
  browser,
}) => {
  const staff = await open(browser, "staff", "react");
  const member = await open(browser, "member", "lobby");
  const elsewhere = await open(browser, "member", "lobby");
  const unreadIn = (page: Page) =>
    page.getByRole("link", { name: /^#react \d+ unread/ });
  await say(staff, `first ${Date.now()}`);
  for (const page of [member, elsewhere])
    await expect(unreadIn(page)).toBeVisible();
  // The author has read the message.
  await expect(unreadIn(staff)).toHaveCount(0);
  await member.getByRole("link", { name: /^#react/ }).click();
  await expect(member).toHaveURL(/\/rooms\/react\/$/);
  for (const page of [member, elsewhere])
    await expect(unreadIn(page)).toHaveCount(0);
  // The room stays read while it is open.
  await say(staff, `second ${Date.now()}`);
  await expect(member.getByRole("list", { name: "Messages" })).toContainText(
    "second",
  );
  await expect(unreadIn(elsewhere)).toHaveCount(0);
});
