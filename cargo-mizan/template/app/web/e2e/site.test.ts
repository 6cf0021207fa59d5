import { readdir, readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { mailFolder } from "../playwright.config";

const password = "correct horse battery staple";

/** Returns the code in the last mail to an address, once it was sent. */
async function code(email: string): Promise<string> {
  let found = "";
  await expect(async () => {
    for (const name of (await readdir(mailFolder)).sort()) {
      const mail: unknown = JSON.parse(
        await readFile(`${mailFolder}/${name}`, "utf8"),
      );
      const { to, text } = mail as { to: string; text: string };
      if (to === email) found = /\b\d{6}\b/.exec(text)?.[0] ?? found;
    }
    expect(found).not.toBe("");
  }).toPass();
  return found;
}

/** Creates an account, and confirms its address. */
async function signUp(page: Page, email: string): Promise<void> {
  await page.goto("/sign-up/");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.waitForURL(/verify-email/);
  await page.getByLabel("Code").fill(await code(email));
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
}

test("a note appears in all open browsers", async ({ page, browser }) => {
  const other = await browser.newPage();
  await other.goto("/");
  await expect(other.getByText("Live")).toBeVisible();
  const name = `ada-${Date.now()}`;
  await signUp(page, `${name}@example.com`);
  await page.goto("/");
  await page.getByLabel("Your note").fill(`Hello from ${name}`);
  await page.getByRole("button", { name: "Add note" }).click();
  for (const open of [page, other])
    await expect(open.getByText(`Hello from ${name}`)).toHaveCount(1);
  // The form is empty again.
  await expect(page.getByLabel("Your note")).toHaveValue("");
  await other.close();
});

test("the page is rendered on the server", async ({ request }) => {
  const html = await (await request.get("/")).text();
  expect(html).toContain("Your application is running.");
});

test("the explorer calls a function", async ({ page }) => {
  await page.goto("/_mizan/");
  await page.getByRole("link", { name: "latest_notes" }).click();
  await page.getByRole("button", { name: "Call", exact: true }).click();
  await expect(
    page.getByRole("region", { name: "Request as TypeScript" }),
  ).toContainText("api.latestNotes()");
});

const widths = { wide: 1280, narrow: 360 };
const paths = ["/", "/sign-up/", "/account/"];

for (const colorScheme of ["light", "dark"] as const)
  for (const [name, width] of Object.entries(widths))
    test(`pages are accessible, ${colorScheme} and ${name}`, async ({
      page,
    }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      for (const path of paths) {
        await page.goto(path);
        await page.waitForLoadState("networkidle");
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations, path).toEqual([]);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth > innerWidth,
        );
        expect(overflow, `${path} is wider than the window`).toBe(false);
        const folder = process.env["SCREENSHOTS"];
        if (folder)
          await page.screenshot({
            path: `${folder}/${path.split("?")[0]?.replaceAll("/", "") || "home"}-${name}-${colorScheme}.png`,
            fullPage: true,
          });
      }
    });
