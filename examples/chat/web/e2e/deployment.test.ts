import { expect, test, type Page, type Request } from "@playwright/test";

/** The file of the contact page. */
const chunk = /\/assets\/Contact-[^/]+\.js$/;

/** Answers 404 for the page's file until `count` documents were loaded without it. Returns the requested documents. */
async function remove(page: Page, count: number): Promise<string[]> {
  const documents: string[] = [];
  page.on("request", (request: Request) => {
    if (request.isNavigationRequest()) documents.push(request.url());
  });
  await page.route(chunk, async (route) => {
    if (documents.length <= count)
      await route.fulfill({ status: 404, body: "" });
    else await route.continue();
  });
  return documents;
}

const notice = (page: Page) =>
  page.getByRole("button", { name: "Reload the page" });

/** The form of a hydrated page: JavaScript adds `novalidate`. */
const alive = (page: Page) => page.locator("form[novalidate]");

test("a page whose file is gone after a deployment is reloaded", async ({
  page,
}) => {
  const documents = await remove(page, 1);
  await page.goto("/contact/");
  await expect(alive(page)).toBeVisible();
  expect(documents).toHaveLength(2);
  await expect(notice(page)).toHaveCount(0);
});

test("a page whose file stays away says so, and keeps what is on it", async ({
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

test("a page that the server does not give any more is left as it is", async ({
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
