import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page, type Request } from "@playwright/test";

/** The script of the contact page. */
const chunk = /\/assets\/Contact-[^/]+\.js$/;

/** The script that loads those of pages. */
const entry = /\/assets\/main-[^/]+\.js$/;

/** A script that the entry imports. */
const dependency = /\/assets\/pageData-[^/]+\.js$/;

/** Answers 404 for `script` until `count` documents have been loaded. Returns the requested documents. */
async function remove(
  page: Page,
  count: number,
  script = chunk,
): Promise<string[]> {
  const documents: string[] = [];
  page.on("request", (request: Request) => {
    if (request.isNavigationRequest()) documents.push(request.url());
  });
  await page.route(script, async (route) => {
    if (documents.length <= count)
      await route.fulfill({ status: 404, body: "" });
    else await route.continue();
  });
  return documents;
}

const notice = (page: Page) =>
  page.getByRole("button", { name: "Reload the page" });

/** Locates the form of a hydrated page: hydration adds `novalidate`. */
const alive = (page: Page) => page.locator("form[novalidate]");

test("a page whose script is missing after a deployment is reloaded", async ({
  page,
}) => {
  const documents = await remove(page, 1);
  await page.goto("/contact/");
  await expect(alive(page)).toBeVisible();
  expect(documents).toHaveLength(2);
  await expect(notice(page)).toHaveCount(0);
});

test("a page whose script stays missing shows a notice and keeps its content", async ({
  page,
}) => {
  const documents = await remove(page, Infinity);
  await page.goto("/contact/");
  await expect(notice(page)).toBeVisible();
  expect(documents).toHaveLength(2);
  await expect(alive(page)).toHaveCount(0);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("Email address").fill("ada@example.com");
  await page.getByLabel("Message").fill("It works without the file as well.");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("status")).toContainText("Thank you.");
  await expect(notice(page)).toBeVisible();
  await page.unroute(chunk);
  await notice(page).click();
  await expect(page.getByRole("status")).toContainText("Thank you.");
  await expect(notice(page)).toHaveCount(0);
});

test("a page that the server no longer serves is not reloaded", async ({
  page,
}) => {
  const documents = await remove(page, Infinity);
  await page.route("**/contact/", async (route) => {
    if (route.request().method() === "HEAD") await route.abort();
    else await route.continue();
  });
  await page.goto("/contact/");
  await expect(notice(page)).toBeVisible();
  expect(documents).toHaveLength(1);
});

for (const [name, script] of [
  ["entry", entry],
  ["dependency of the entry", dependency],
] as const) {
  test(`a page whose ${name} is missing after a deployment is reloaded`, async ({
    page,
  }) => {
    const documents = await remove(page, 1, script);
    await page.goto("/contact/");
    await expect(alive(page)).toBeVisible();
    expect(documents).toHaveLength(2);
    await expect(notice(page)).toHaveCount(0);
  });
}

test("a page whose entry stays missing shows a notice and works as without JavaScript", async ({
  page,
}) => {
  const blocked: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy"))
      blocked.push(message.text());
  });
  const documents = await remove(page, Infinity, entry);
  await page.goto("/contact/");
  await expect(notice(page)).toBeVisible();
  expect(documents).toHaveLength(2);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("Email address").fill("ada@example.com");
  await page.getByLabel("Message").fill("It works without the file as well.");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("status")).toContainText("Thank you.");
  // Another page is not reloaded by itself.
  await page.locator("header").getByRole("link", { name: "Rooms" }).click();
  await expect(page).toHaveURL(/\/rooms\/lobby\//);
  await expect(notice(page)).toHaveCount(1);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
  const loaded = documents.length;
  await page.unroute(entry);
  await notice(page).click();
  await expect(page.locator(".room")).toBeVisible();
  await expect(notice(page)).toHaveCount(0);
  expect(documents).toHaveLength(loaded + 1);
  expect(blocked).toEqual([]);
});

test("a page without session storage shows a notice and is not reloaded", async ({
  page,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, "sessionStorage", {
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    });
  });
  const documents = await remove(page, Infinity, entry);
  await page.goto("/contact/");
  await expect(notice(page)).toBeVisible();
  expect(documents).toHaveLength(1);
});
