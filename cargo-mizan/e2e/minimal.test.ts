import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { Development, Sources, setting } from "./application";

const folder = setting("APPLICATION");
const sources = new Sources(folder);

let development: Development;
let address: string;

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  development = Development.start(folder, { RUST_LOG: "error" });
  address = (await development.until(/http:\/\/localhost:\d+/))[0];
  await development.until(/ok {5}build/);
});

test.afterAll(async () => {
  expect(await development.stop()).toBe(0);
});

for (const colorScheme of ["light", "dark"] as const)
  for (const width of [360, 1280])
    test(`the page is accessible, ${colorScheme} and ${width} wide`, async ({
      page,
    }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await expect(async () => {
        await page.goto(address);
      }).toPass();
      await expect(page.getByText("Hello, World!")).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations).toEqual([]);
      const folderOfPictures = process.env["SCREENSHOTS"];
      if (folderOfPictures)
        await page.screenshot({
          path: `${folderOfPictures}/minimal-${width}-${colorScheme}.png`,
        });
    });

test("a change of a function reloads the page", async ({ page }) => {
  await page.goto(address);
  await expect(page.getByText("Hello, World!")).toBeVisible();
  await sources.edit("src/lib.rs", "Hello, {name}!", "Welcome, {name}!");
  await expect(page.getByText("Welcome, World!")).toBeVisible();
});
