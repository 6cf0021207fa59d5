import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { password } from "./join";
import { expect, test } from "./page";

const paths = [
  "/_mizan/",
  "/_mizan/functions/echo/",
  "/_mizan/functions/edit_meeting.submit/",
  "/_mizan/channels/chat/",
  "/_mizan/access/",
  "/_mizan/mail/",
];

/** The outcome of the last call. */
const result = (page: Page) => page.locator(".result");

/** The state of a step of the last call. */
const step = (page: Page, name: string) =>
  page
    .getByRole("list", { name: "Steps of the call" })
    .getByRole("listitem")
    .filter({ hasText: name });

test("the catalogue lists functions, forms and channels, and filters them", async ({
  visit,
}) => {
  const { page } = await visit("/_mizan/");
  for (const name of ["echo", "current_user", "contact", "chat"])
    await expect(
      page.getByRole("link", { name, exact: true }).first(),
    ).toBeVisible();
  await page.getByLabel("Filter by name").fill("superuser_report");
  await expect(page.getByRole("main").getByRole("listitem")).toHaveCount(1);
  await page.getByRole("link", { name: "superuser_report" }).click();
  await expect(page).toHaveURL(/\/functions\/superuser_report\/$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(
    "superuser_report",
  );
});

test("a call shows its output, its steps and its request", async ({
  visit,
}) => {
  const { page } = await visit("/_mizan/functions/echo/");
  await page.getByLabel("text", { exact: true }).fill("It's 5 o'clock");
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(result(page)).toContainText('"message": "It\'s 5 o\'clock"');
  for (const name of ["policy", "decode", "validate", "run"])
    await expect(step(page, name)).toContainText("passed");
  await expect(
    page.getByRole("region", { name: "Request as curl" }),
  ).toContainText(`--data '{"text": "It'\\''s 5 o'\\''clock"}'`);
  await expect(
    page.getByRole("region", { name: "Request as TypeScript" }),
  ).toHaveText(`const result = await api.echo({ text: "It's 5 o'clock" });`);
});

test("a refused call names the step and the reason", async ({ visit }) => {
  const { page } = await visit("/_mizan/functions/echo/");
  const call = page.getByRole("button", { name: "Call", exact: true });
  await call.click();
  await expect(result(page)).toContainText("Failed in the step validate");
  await expect(step(page, "run")).toContainText("not reached");
  await page.getByRole("button", { name: "JSON" }).click();
  await page.getByLabel("Input as JSON").fill('{"text": 5}');
  await call.click();
  await expect(result(page)).toContainText("Failed in the step decode");
});

test("a test principal passes the policy, and its call invalidates queries", async ({
  visit,
}) => {
  const { page } = await visit("/_mizan/functions/add_meeting/");
  const call = page.getByRole("button", { name: "Call", exact: true });
  await call.click();
  await expect(result(page)).toContainText("Failed in the step policy");
  await expect(result(page)).toContainText("unauthenticated");
  await page.getByLabel("Call as").selectOption({ index: 1 });
  await call.click();
  await expect(result(page)).toContainText("Succeeded");
  await page
    .getByRole("list", { name: "Invalidated queries" })
    .getByRole("link", { name: "list_meetings" })
    .click();
  // The selected principal remains.
  await expect(page.getByLabel("Call as")).toHaveValue("Member");
  await call.click();
  await expect(result(page)).toContainText("Succeeded");
});

test("the console subscribes to a channel, and sends and receives messages", async ({
  visit,
}) => {
  const { page } = await visit("/_mizan/channels/chat/");
  await page.getByLabel("room", { exact: true }).fill("rust");
  await page.getByLabel("Call as").selectOption({ index: 1 });
  await page.getByRole("button", { name: "Subscribe" }).click();
  await expect(page.getByRole("status")).toHaveText("Subscribed.");
  const text = `hello ${Math.random()}`;
  await page.getByLabel("text", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
  const frames = page.getByRole("log", { name: "Frames" });
  await expect(frames).toContainText('"t":"reply"');
  await expect(
    frames.locator("[data-direction=received]").filter({ hasText: text }),
  ).toContainText('"t":"pub"');
  await page.getByRole("button", { name: "Disconnect" }).click();
  await expect(page.getByRole("status")).toHaveText("Not connected.");
});

test("the console shows why a subscription was refused", async ({ visit }) => {
  const { page } = await visit("/_mizan/channels/chat/");
  await page.getByLabel("room", { exact: true }).fill("nowhere");
  await page.getByRole("button", { name: "Subscribe" }).click();
  const frames = page.getByRole("log", { name: "Frames" });
  await expect(frames).toContainText('"t":"unsub"');
  await expect(page.getByRole("status")).toHaveText("Not connected.");
});

test("the mailbox shows the mails that the application sends", async ({
  page,
}) => {
  const address = `explorer-${Math.random().toString(36).slice(2)}@example.com`;
  await page.goto("/_mizan/mail/");
  const reply = await page.request.post("/api/mizan/call/sign_up.submit", {
    data: { email: address, password },
  });
  expect(reply.ok()).toBe(true);
  await expect(
    page.getByRole("article").filter({ hasText: address }),
  ).toBeVisible();
});

test("the table of access shows policies", async ({ visit }) => {
  const { page } = await visit("/_mizan/access/");
  const row = page.getByRole("row").filter({
    has: page.getByRole("rowheader", { name: "end_sessions", exact: true }),
  });
  await expect(row.getByRole("cell")).toHaveText([
    "no",
    "no",
    "code: authorize",
    "code: authorize",
    "staff, then authorize",
  ]);
});

test("a call is made with the keyboard alone", async ({ visit }) => {
  const { page } = await visit("/_mizan/functions/echo/");
  await page.keyboard.press("Tab");
  await expect(
    page.getByRole("link", { name: "Skip to content" }),
  ).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  const field = page.getByLabel("text", { exact: true });
  for (let tabs = 0; tabs < 10; tabs += 1) {
    await page.keyboard.press("Tab");
    if (await field.evaluate((it) => it === document.activeElement)) break;
  }
  await page.keyboard.type("typed");
  const call = page.getByRole("button", { name: "Call", exact: true });
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Call as")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(call).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(result(page)).toContainText("typed");
});

for (const path of paths)
  for (const scheme of ["light", "dark"] as const)
    test(`${path} is accessible and fits, in ${scheme} colors`, async ({
      visit,
      page,
    }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await visit(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      if (path.includes("/echo/")) {
        await page.getByRole("button", { name: "Call", exact: true }).click();
        await expect(result(page)).toContainText("Failed");
      }
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations).toEqual([]);
      for (const width of [320, 375, 768, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - innerWidth,
        );
        expect(overflow, `at ${width}`).toBeLessThanOrEqual(0);
      }
    });
