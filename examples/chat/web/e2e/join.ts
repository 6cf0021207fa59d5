import type { Page } from "@playwright/test";
import type { Mailbox } from "./mailbox";

/** The password of accounts that tests create. */
export const password = "four words make a password";

/** Fills in a form and submits it. */
export async function send(
  page: Page,
  form: string,
  button: string,
  values: Record<string, string>,
): Promise<void> {
  const element = page.getByRole("form", { name: form, exact: true });
  for (const [label, value] of Object.entries(values))
    await element.getByLabel(label, { exact: true }).fill(value);
  await element.getByRole("button", { name: button }).click();
}

/** Submits the sign-up form. */
export const signUp = (page: Page, email: string): Promise<void> =>
  send(page, "Sign up", "Create account", {
    "Email address": email,
    Password: password,
  });

/** Creates an account and signs in on `page`. */
export async function join(
  page: Page,
  mail: Mailbox,
  email: string,
): Promise<void> {
  await page.goto("/sign-up/");
  await signUp(page, email);
  await page.waitForURL("**/verify-email/?ticket=*");
  await send(page, "Confirm your email address", "Confirm", {
    Code: await mail.code(email),
  });
  await page.waitForURL((url) => url.pathname === "/");
}
