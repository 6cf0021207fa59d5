import AxeBuilder from "@axe-core/playwright";
import { join } from "./join";
import { Mailbox } from "./mailbox";
import { expect, test } from "./page";

test("edits the profile and updates the page", async ({ visit }) => {
  const chat = await visit("/profile/");
  const { page } = chat;
  await expect(page.getByText("Sign in to edit your profile.")).toBeVisible();
  // Not a demo account: other tests check their names.
  const unique = Math.random().toString(36).slice(2);
  await join(page, new Mailbox(), `mia-${unique}@example.com`);
  await page.goto("/profile/");
  const name = page.getByLabel("Display name");
  await expect(page.getByLabel("Email address")).toBeDisabled();
  const own = `Mia ${Date.now()}`;
  await name.fill("staff");
  await page.keyboard.press("Tab");
  await expect(name).toHaveAccessibleDescription(
    /This name is already taken\./,
  );
  await name.fill(own);
  await expect(name).not.toHaveAccessibleDescription(/already taken/);
  await page.getByLabel("Never").check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("status")).toContainText("was saved");
  await page.reload();
  await expect(name).toHaveValue(own);
  await expect(page.getByLabel("Never")).toBeChecked();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
});

test("the profile form requires a signed-in user", async ({ request }) => {
  const rejected = await request.post("/api/mizan/call/profile.submit", {
    data: { name: "Mia", colour: "#000000", notify: "never" },
  });
  expect(rejected.status()).toBe(401);
});
