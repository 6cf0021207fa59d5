import { fileURLToPath } from "node:url";
import { expect, test, type Page } from "@playwright/test";
import { signInByCall } from "../e2e/demo";

const folder = fileURLToPath(
  new URL("../../../../docs/src/images", import.meta.url),
);

async function take(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({
    path: `${folder}/${name}.png`,
    animations: "disabled",
    caret: "hide",
  });
}

test("functions and policies", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await take(page, "home");
});

test("a form with errors", async ({ page }) => {
  await page.goto("/contact/");
  const form = page.getByRole("main").getByRole("form").first();
  await form.getByRole("button", { name: /send/i }).click();
  await expect(form.locator("[aria-invalid=true]").first()).toBeVisible();
  await take(page, "form");
});

test("a channel with two users", async ({ browser, page }) => {
  const other = await (await browser.newContext()).newPage();
  for (const [visitor, user] of [
    [page, "member"],
    [other, "staff"],
  ] as const) {
    await signInByCall(visitor, user);
    await visitor.goto("/rooms/lobby/");
    await expect(visitor.getByRole("status")).toHaveText("Live");
  }
  for (const [visitor, text] of [
    [page, "Is the new release out?"],
    [other, "It is: the servers restart one after the other."],
    [page, "The users noticed nothing, and no message is missing."],
  ] as const) {
    await visitor.getByLabel("Message", { exact: true }).fill(text);
    await visitor.getByRole("button", { name: "Send" }).click();
    await expect(page.getByText(text)).toBeVisible();
  }
  await take(page, "channel");
});

test("a sign-in page on a phone, in dark colors", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 640 });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto("/sign-in/");
  await expect(page.getByRole("button", { name: /sign in/i })).toBeVisible();
  await take(page, "sign-in-phone");
});

test("sessions of an account", async ({ page }) => {
  await signInByCall(page, "member");
  await page.goto("/account/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await take(page, "account");
});

test("a refused call in the explorer", async ({ page }) => {
  await page.goto("/_mizan/functions/echo/");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  const result = page.locator(".result");
  await expect(result).toContainText("Failed in the step validate");
  await result.scrollIntoViewIfNeeded();
  await take(page, "explorer");
});
