import type { Locator, Page } from "@playwright/test";
import { join, password } from "./join";
import { Mailbox } from "./mailbox";
import { expect, test } from "./page";

// Password hashing is slow by design.
test.describe.configure({ timeout: 60_000 });

/** Locates the form with this name. */
const form = (page: Page, name: string): Locator =>
  page.locator(`form[action$="/form/${name}"]`);

const field = (form: Locator, name: string): Locator =>
  form.locator(`[name=${name}]`);

/** Locates the error summary at the top of a form. */
const top = (form: Locator): Locator => form.locator("[data-errors]");

/** Clicks the button of a form like a user, who keeps it pressed for about 110 ms. */
async function click(page: Page, form: Locator): Promise<void> {
  const button = form.locator("button:not([hidden])").last();
  await button.scrollIntoViewIfNeeded();
  const box = await button.boundingBox();
  if (!box) throw new Error("the button is not on the page");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.waitForTimeout(110);
  await page.mouse.up();
}

/** Signs up with a new account. */
async function joinAnew(page: Page): Promise<string> {
  const unique = `${Date.now()}-${Math.random().toString(36).slice(2, 8)}`;
  await join(page, new Mailbox(), `ann-${unique}@example.com`);
  return unique;
}

/** Expects an error on a field, also after all pending requests. */
async function expectToStay(field: Locator, error: RegExp): Promise<void> {
  await expect(field).toHaveAccessibleDescription(error);
  await field.page().waitForTimeout(1_500);
  await expect(field).toHaveAccessibleDescription(error);
  await expect(field).toHaveAttribute("aria-invalid", "true");
}

test.describe("errors of a rejected submission", () => {
  test("stay on the account page for every way of pressing the button", async ({
    visit,
  }) => {
    const { page } = await visit("/");
    await joinAnew(page);
    await page.goto("/account/");

    const deletion = form(page, "delete_account");
    await field(deletion, "email").pressSequentially("not-mine@example.com");
    await click(page, deletion);
    await expectToStay(
      field(deletion, "email"),
      /This is not the email address of your account\./,
    );
    await expect(field(deletion, "email")).toBeFocused();

    const change = form(page, "change_password");
    await field(change, "new_password").pressSequentially(password);
    await field(change, "password").pressSequentially("not my password");
    await click(page, change);
    await expectToStay(
      field(change, "password"),
      /The password is incorrect\./,
    );
    await expect(field(change, "password")).toBeFocused();
  });

  test("stay on the contact form until the value changes", async ({
    visit,
  }) => {
    const { page } = await visit("/contact/");
    const contact = form(page, "contact");
    await field(contact, "name").pressSequentially("Ada");
    await field(contact, "message").pressSequentially(
      "I should like to know more.",
    );
    const email = field(contact, "email");
    await email.pressSequentially("ada@nowhere.invalid");
    await click(page, contact);
    await expectToStay(email, /We cannot send email to nowhere\.invalid\./);
    await email.fill("ada@example.com");
    await expect(email).not.toHaveAccessibleDescription(
      /We cannot send email to nowhere\.invalid\./,
    );
  });
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(`errors of hidden fields ${javaScriptEnabled ? "with" : "without"} JavaScript`, () => {
    test.use({ javaScriptEnabled });

    test("are shown at the top of the form", async ({ page }) => {
      // Longer than the server needs.
      const token = "a".repeat(201);
      await page.goto(`/reset-password/?token=${token}`);
      const reset = form(page, "confirm_reset");
      await expect(top(reset)).toHaveText("");
      await field(reset, "password").fill("four other words to remember");
      await click(page, reset);
      await expect(top(reset)).not.toHaveText("");
      if (javaScriptEnabled) await expect(top(reset)).toBeFocused();
      await expect(field(reset, "password")).toBeVisible();

      await page.goto(`/verify-email/?token=${token}`);
      const verify = form(page, "verify_link");
      await field(verify, "password").fill("four other words to remember");
      await click(page, verify);
      await expect(top(verify)).not.toHaveText("");
      if (javaScriptEnabled) await expect(top(verify)).toBeFocused();
    });
  });
}

test.describe("focus after a successful submission", () => {
  test("moves to the message of the contact form", async ({ visit }) => {
    const { page } = await visit("/contact/");
    const contact = form(page, "contact");
    await field(contact, "name").fill("Ada");
    await field(contact, "email").fill("ada@example.com");
    await field(contact, "message").fill("I should like to know more.");
    await click(page, contact);
    await expect(page.getByRole("status")).toBeFocused();
  });

  test("moves to the message of an automatic form unless the user has moved on", async ({
    visit,
  }) => {
    const { page } = await visit("/");
    const unique = await joinAnew(page);
    await page.goto("/profile/");
    const profile = form(page, "profile");
    await field(profile, "name").fill(`Ann ${unique}`);
    await click(page, profile);
    await expect(page.getByRole("status")).toBeFocused();

    await page.reload();
    const link = page.getByRole("navigation").getByRole("link").first();
    await page.route("**/profile.submit?*", async (route) => {
      await link.focus();
      await route.continue();
    });
    await field(profile, "name").fill(`Anna ${unique}`);
    await click(page, profile);
    await expect(page.getByRole("status")).toBeVisible();
    await expect(link).toBeFocused();
  });
});
