import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./page";

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const message = "I should like to know more about mizan.";

/** Fills in the required fields. */
async function fill(page: Page): Promise<void> {
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("Email address").fill("ada@example.com");
  await page.getByLabel("Message").fill(message);
}

const send = (page: Page) => page.getByRole("button", { name: "Send message" });
const thanks = (page: Page) => page.getByRole("status");

test("a page with a form token is private and not cached", async ({
  request,
}) => {
  const tokens = new Set<string | undefined>();
  for (let visit = 1; visit <= 2; visit += 1) {
    const page = await request.get("/contact/");
    expect(page.headers()["cache-control"]).toBe("private, no-store");
    tokens.add(/name="__token" value="([^"]+)"/.exec(await page.text())?.[1]);
  }
  expect(tokens.size).toBe(2);
  expect(tokens).not.toContain(undefined);
});

test.describe("the contact form", () => {
  test("hydrates without fetching data that the page contains", async ({
    visit,
  }) => {
    const { page, calls } = await visit("/contact/");
    await page.waitForLoadState("networkidle");
    expect(calls).toEqual([]);
  });

  test("can be completed with the keyboard and validates while typing", async ({
    visit,
  }) => {
    const { page } = await visit("/contact/");
    const email = page.getByLabel("Email address");
    await page.getByLabel("Your name").focus();
    await page.keyboard.type("Ada");
    await page.keyboard.press("Tab");
    await page.keyboard.type("ada@");
    await page.keyboard.press("Tab");
    await expect(email).toHaveAttribute("aria-invalid", "true");
    await expect(email).toHaveAccessibleDescription(
      /Enter a valid email address\./,
    );
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("End");
    await page.keyboard.type("example.com");
    await expect(email).not.toHaveAttribute("aria-invalid", "true");
    await expect(email).not.toHaveAccessibleDescription(/Enter a valid/);
    await page.keyboard.press("Tab");
    await page.keyboard.type("Too short");
    while (!(await send(page).evaluate((it) => it === document.activeElement)))
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const text = page.getByLabel("Message");
    await expect(text).toBeFocused();
    await expect(text).toHaveAccessibleDescription(/Tell us a little more/);
    await page.keyboard.type(", but longer now.");
    await page.keyboard.press("Tab");
    while (!(await send(page).evaluate((it) => it === document.activeElement)))
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect(thanks(page)).toContainText("Thank you.");
  });

  test("shows server errors on their field and keeps the other values", async ({
    visit,
  }) => {
    const { page } = await visit("/contact/");
    await fill(page);
    const email = page.getByLabel("Email address");
    await email.fill("ada@nowhere.invalid");
    await send(page).click();
    await expect(email).toHaveAccessibleDescription(
      /We cannot send email to nowhere\.invalid\./,
    );
    await expect(email).toBeFocused();
    await expect(page.getByLabel("Message")).toHaveValue(message);
    await email.fill("ada@example.com");
    await send(page).click();
    await expect(thanks(page)).toBeVisible();
  });

  test("uploads a file and shows the progress", async ({
    visit,
    browserName,
  }) => {
    test.skip(
      browserName !== "chromium",
      "only Chromium supports network throttling",
    );
    const { page } = await visit("/contact/");
    await fill(page);
    // Decoders ignore bytes after the end of a PNG.
    const large = Buffer.concat([png, Buffer.alloc(2_000_000)]);
    await page
      .getByLabel("Image")
      .setInputFiles({ name: "a.png", mimeType: "image/png", buffer: large });
    const session = await page.context().newCDPSession(page);
    await session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 1_000_000,
    });
    await send(page).click();
    await expect(page.getByRole("progressbar")).toBeVisible();
    await expect(thanks(page)).toBeVisible();
  });

  test("rejects a file whose content does not match its type", async ({
    visit,
  }) => {
    const { page } = await visit("/contact/");
    await fill(page);
    const image = page.getByLabel("Image");
    const file = { name: "a.png", mimeType: "image/png" };
    await image.setInputFiles({ ...file, buffer: Buffer.from("<script>") });
    await send(page).click();
    await expect(image).toHaveAttribute("aria-invalid", "true");
    await image.setInputFiles({ ...file, buffer: png });
    await send(page).click();
    await expect(thanks(page)).toBeVisible();
  });

  test("adds and removes rows with errors of their own", async ({ visit }) => {
    const { page } = await visit("/contact/");
    await fill(page);
    const add = page.getByRole("button", { name: "Add a phone number" });
    const numbers = page.getByRole("textbox", { name: "Number" });
    for (const text of ["+49 30 1", "12", "+49 30 3"]) {
      await add.click();
      await numbers.last().fill(text);
    }
    await expect(add).toHaveCount(0);
    await send(page).click();
    await expect(numbers.nth(1)).toHaveAttribute("aria-invalid", "true");
    await expect(numbers.nth(1)).toBeFocused();
    await expect(numbers.nth(0)).not.toHaveAttribute("aria-invalid", "true");
    await page.getByRole("button", { name: "Remove" }).nth(1).click();
    await expect(numbers).toHaveCount(2);
    await expect(numbers.nth(1)).toHaveValue("+49 30 3");
    await send(page).click();
    await expect(thanks(page)).toBeVisible();
  });

  test("handles a click on a button that an error moves", async ({ visit }) => {
    const { page } = await visit("/contact/");
    await page.getByLabel("Email address").fill("ada@");
    await send(page).scrollIntoViewIfNeeded();
    const box = (await send(page).boundingBox())!;
    await page.mouse.move(box.x + 8, box.y + box.height - 4);
    await page.mouse.down();
    await page.waitForTimeout(200);
    await page.mouse.up();
    await expect(page.getByLabel("Your name")).toBeFocused();
    await expect(page.getByLabel("Your name")).toHaveAccessibleDescription(
      "This field is required.",
    );
  });

  test("has no accessibility violations", async ({ visit }) => {
    const { page } = await visit("/contact/");
    await page.getByRole("button", { name: "Add a phone number" }).click();
    await send(page).click();
    await expect(page.getByLabel("Your name")).toBeFocused();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations).toEqual([]);
  });
});

test.describe("the contact form without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("shows errors with the entered values, then succeeds", async ({
    page,
  }) => {
    await page.goto("/contact/");
    await page.getByLabel("Your name").fill("Ada");
    await page.getByLabel("Email address").fill("ada@nowhere.invalid");
    await page.getByLabel("Message").fill(message);
    const answer = page.waitForResponse(
      (it) => it.request().method() === "POST",
    );
    await send(page).click();
    expect((await answer).status()).toBe(422);
    await expect(page.getByLabel("Email address")).toHaveValue(
      "ada@nowhere.invalid",
    );
    await expect(page.getByLabel("Email address")).toHaveAccessibleDescription(
      /We cannot send email/,
    );
    await expect(page.getByLabel("Message")).toHaveValue(message);

    await page.getByRole("button", { name: "Add a phone number" }).click();
    await expect(page.getByLabel("Message")).toHaveValue(message);
    await page.getByRole("textbox", { name: "Number" }).fill("+49 30 1");
    await page.getByLabel("Image").setInputFiles({
      name: "../a.png",
      mimeType: "image/png",
      buffer: png,
    });
    await page.getByLabel("Email address").fill("ada@example.com");
    await send(page).click();
    await expect(page).toHaveURL("/contact/?sent=contact");
    await expect(thanks(page)).toContainText("Thank you.");
  });

  test("removes a row", async ({ page }) => {
    await page.goto("/contact/");
    await page.getByRole("button", { name: "Add a phone number" }).click();
    await expect(page.getByRole("textbox", { name: "Number" })).toHaveCount(1);
    await page.getByRole("button", { name: "Remove" }).click();
    await expect(page.getByRole("textbox", { name: "Number" })).toHaveCount(0);
  });
});
