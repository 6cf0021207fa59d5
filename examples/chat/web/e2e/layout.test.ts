import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { demoPassword, signInByCall } from "./demo";
import { expect, test } from "./page";

const paths = [
  "/",
  "/rooms/lobby/",
  "/contact/",
  "/profile/",
  "/meetings/",
  "/account/",
  "/admin/",
  "/sign-in/",
  "/sign-up/",
  "/forgot-password/",
  "/reset-password/?token=a.b",
  "/verify-email/",
  "/change-email/?token=a.b",
];

const current = (page: Page) =>
  page.locator('header [aria-current="page"]').allTextContents();

test("a link without its token or ticket explains how to get a new one", async ({
  page,
}) => {
  await signInByCall(page, "member");
  for (const [path, said] of [
    ["/reset-password/", "This link is incomplete."],
    ["/reset-password/?token=", "This link is incomplete."],
    ["/change-email/", "This link is incomplete."],
    ["/verify-email/?ticket=nope", "Open the link in the email"],
  ] as const) {
    await page.goto(path);
    await expect(page.getByRole("main"), path).toContainText(said);
    await expect(page.locator("main form"), path).toHaveCount(0);
  }
});

for (const path of paths)
  test(`${path} is accessible, for visitors and for staff`, async ({
    page,
  }) => {
    const check = async (): Promise<void> => {
      await page.goto(path);
      await page.waitForLoadState("networkidle");
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations).toEqual([]);
    };
    await check();
    await signInByCall(page, "staff");
    await check();
  });

test("the pressed button of a switch is readable on hover", async ({
  visit,
}) => {
  const chat = await visit("/contact/");
  await chat.switchTo("Member");
  const { page } = chat;
  await page.getByRole("button", { name: "Member", exact: true }).hover();
  await page.waitForTimeout(300);
  const { violations } = await new AxeBuilder({ page })
    .include(".demo")
    .analyze();
  expect(violations).toEqual([]);
});

test("marks the current page in the navigation", async ({ visit }) => {
  const { page } = await visit("/");
  expect(await current(page)).toEqual(["Functions"]);
  await page.goto("/contact/");
  expect(await current(page)).toEqual(["Contact"]);
  await page.goto("/rooms/rust/");
  expect(await current(page)).toEqual(["Rooms"]);
  await page.goto("/sign-in/");
  expect(await current(page)).toEqual(["Sign in"]);
});

test("offers sign-in and sign-up to visitors, and sign-out to users", async ({
  visit,
}) => {
  const chat = await visit("/contact/");
  const header = chat.page.locator("header");
  await expect(header.getByRole("link", { name: "Sign up" })).toBeVisible();
  await expect(header.getByRole("link", { name: "Account" })).toHaveCount(0);
  await chat.switchTo("Member");
  await expect(header.getByRole("link", { name: "Account" })).toBeVisible();
  await expect(header.getByRole("link", { name: "Sign in" })).toHaveCount(0);
  await header.getByRole("button", { name: "Sign out" }).click();
  await expect(header.getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("has a keyboard link that skips to the content", async ({ visit }) => {
  const { page } = await visit("/contact/");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});

test("an unknown path renders a page with status 404", async ({
  page,
  request,
}) => {
  for (const path of ["/nowhere/", "/rooms/attic/", "/account/more/"]) {
    const reply = await page.goto(path);
    expect(reply?.status(), path).toBe(404);
    await expect(
      page.getByRole("heading", { name: "Page not found" }),
    ).toBeVisible();
    await expect(page.locator("header nav")).toBeVisible();
  }
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
  for (const path of ["/nowhere/", "/api/nothing", "/assets/gone.js"]) {
    const reply = await request.get(path, { headers: { accept: "*/*" } });
    expect(reply.status(), path).toBe(404);
    expect(reply.headers()["content-type"]).toBe("application/problem+json");
  }
});

test("a path without a slash redirects to the page", async ({ request }) => {
  const reply = await request.get("/contact?a=b", { maxRedirects: 0 });
  expect(reply.status()).toBe(308);
  expect(reply.headers()["location"]).toBe("/contact/?a=b");
});

for (const width of [320, 390])
  test(`no page scrolls sideways at ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 844 });
    const fits = async (path: string): Promise<void> => {
      await page.goto(path);
      const needed = await page.evaluate(
        () => document.documentElement.scrollWidth,
      );
      expect(needed, path).toBeLessThanOrEqual(width);
    };
    for (const path of [...paths, "/nowhere/"]) await fits(path);
    await signInByCall(page, "staff");
    for (const path of paths.slice(0, 7)) await fits(path);
  });

test("the front page is short on a phone and shows code on click", async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/");
  const height = await page.evaluate(
    () => document.documentElement.scrollHeight,
  );
  expect(height).toBeLessThan(6_000);
  const greet = page.getByRole("article", { name: "greet", exact: true });
  await expect(greet.getByLabel("Rust of greet")).toBeHidden();
  await greet.getByText("Rust and TypeScript").click();
  await expect(greet.getByLabel("Rust of greet")).toBeVisible();
});

test("a destructive button looks different from others", async ({ page }) => {
  await signInByCall(page, "member");
  await page.goto("/account/");
  const colour = (name: string): Promise<string> =>
    page
      .getByRole("button", { name, exact: true })
      .evaluate((button) => getComputedStyle(button).backgroundColor);
  await expect(
    page.getByRole("button", { name: "Delete account" }),
  ).toBeVisible();
  expect(await colour("Delete account")).not.toBe(
    await colour("Change password"),
  );
});

test("sessions show the device and the local time", async ({
  browser,
  baseURL,
}) => {
  const context = await browser.newContext({
    baseURL,
    timezoneId: "Asia/Tokyo",
    locale: "en-US",
    userAgent:
      "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  });
  const page = await context.newPage();
  const consoleMessages: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()))
      consoleMessages.push(message.text());
  });
  page.on("pageerror", (error) => consoleMessages.push(error.message));
  await signInByCall(page, "superuser");
  const html = await (await page.request.get("/account/")).text();
  expect(html).toMatch(/<time[^>]*>[0-9-]+ [0-9:]+ UTC<\/time>/);
  await page.goto("/account/");
  const row = page
    .getByRole("list", { name: "Sessions" })
    .locator("li")
    .filter({ hasText: "This device" });
  await expect(row).toContainText("Firefox on Linux");
  const at = await row.locator("time").getAttribute("dateTime");
  const tokyo = new Date(at ?? "").toLocaleTimeString("en-US", {
    timeZone: "Asia/Tokyo",
    timeStyle: "short",
  });
  await expect(row.locator("time")).toContainText(tokyo);
  await expect(row.locator("time")).toContainText("just now");
  expect(consoleMessages).toEqual([]);
  await context.close();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the demo bar signs in and out and returns to the page", async ({
    page,
  }) => {
    await page.goto("/contact/");
    const demo = page.getByRole("group", { name: "Try the demo as" });
    await demo.getByRole("button", { name: "Member" }).click();
    await expect(page).toHaveURL(/\/contact\//);
    await expect(demo.getByRole("button", { name: "Member" })).toHaveAttribute(
      "aria-pressed",
      "true",
    );
    await page
      .locator("header")
      .getByRole("button", { name: "Sign out" })
      .click();
    await expect(
      page.locator("header").getByRole("link", { name: "Sign in" }),
    ).toBeVisible();
  });

  test("a room explains that it requires JavaScript and has no composer", async ({
    page,
  }) => {
    await page.request.post("/api/mizan/call/sign_in.submit", {
      data: { email: "member@example.com", password: demoPassword },
    });
    await page.goto("/rooms/lobby/");
    // `getByText` ignores the content of `<noscript>`.
    const notice = page.locator("noscript p");
    await expect(notice).toBeVisible();
    expect(await notice.innerText()).toContain("need JavaScript");
    await expect(page.getByRole("textbox")).toHaveCount(0);
  });
});
