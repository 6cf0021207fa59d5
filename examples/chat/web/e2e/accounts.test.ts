import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { join, password, send, signUp } from "./join";
import { Mailbox } from "./mailbox";
import { expect, test as base } from "./page";
import { startServer } from "./server";

// Each test opens many pages, and password hashing is slow by design.
base.describe.configure({ timeout: 60_000 });

async function signIn(
  page: Page,
  email: string,
  secret = password,
): Promise<void> {
  await send(page, "Sign in", "Sign in", {
    "Email address": email,
    Password: secret,
  });
}

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
}

const test = base.extend<{ mail: Mailbox; email: string }>({
  mail: async ({}, use) => use(new Mailbox()),
  email: async ({}, use) => {
    const unique = `${Date.now()}-${Math.random().toString(36).slice(2, 8)}`;
    await use(`ada-${unique}@example.com`);
  },
});

test("signs up, confirms by code, and redirects to the requested page", async ({
  visit,
  mail,
  email,
}) => {
  const { page } = await visit("/account/");
  await page.getByRole("link", { name: "Create an account" }).click();
  await expectAccessible(page);
  await send(page, "Sign up", "Create account", {
    "Email address": email,
    Password: "password",
  });
  await expect(
    page.getByLabel("Password", { exact: true }),
  ).toHaveAccessibleDescription(/too easy to guess/);
  await signUp(page, email);
  await page.waitForURL("**/verify-email/?ticket=*");
  await expectAccessible(page);

  const first = await mail.code(email);
  const wrong = first === "000000" ? "000001" : "000000";
  const form = "Confirm your email address";
  await send(page, form, "Confirm", { Code: wrong });
  await expect(page.getByRole("alert")).toContainText(
    "incorrect or has expired",
  );

  const before = page.url();
  await page.getByRole("button", { name: "Send another code" }).click();
  await page.waitForURL((url) => url.href !== before);
  await send(page, form, "Confirm", { Code: first });
  await expect(page.getByRole("alert")).toContainText(
    "incorrect or has expired",
  );
  await send(page, form, "Confirm", { Code: await mail.code(email) });
  await page.waitForURL((url) => url.pathname === "/");
  await page.goto("/account/");
  await expect(page.locator(".lead strong")).toHaveText(email);
  await expectAccessible(page);
});

test("confirms by link after signing in again", async ({
  visit,
  mail,
  email,
}) => {
  const { page } = await visit("/sign-up/");
  await signUp(page, email);
  await page.waitForURL("**/verify-email/?ticket=*");
  await mail.next(email);
  await page.goto("/sign-in/?next=/account/");
  await signIn(page, email);
  await page.waitForURL("**/verify-email/?ticket=*&next=*");
  await page.goto(await mail.link(email));
  const form = "Confirm your email address";
  await send(page, form, "Confirm", { Password: "not the password" });
  await expect(
    page.getByLabel("Password", { exact: true }),
  ).toHaveAccessibleDescription(/The password is incorrect\./);
  await expectAccessible(page);
  await send(page, form, "Confirm", { Password: password });
  await page.waitForURL((url) => url.pathname === "/");
});

test("redirects after sign-in, but never to another site", async ({
  visit,
}) => {
  const { page } = await visit("/account/");
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await page.waitForURL("**/sign-in/?next=%2Faccount%2F");
  const demos = page.getByRole("region", { name: "Demo accounts" });
  await expectAccessible(page);
  await signIn(page, "staff@example.com", "wrong password");
  await expect(page.getByRole("alert")).toContainText("is incorrect");
  const shown = (await demos.locator("code").textContent()) ?? "";
  await signIn(page, "staff@example.com", shown);
  await page.waitForURL("**/account/");
  await page.goto("/sign-in/?next=//example.org");
  await signIn(page, "staff@example.com", shown);
  await page.waitForURL((url) => url.pathname === "/");
});

test("resets a forgotten password and ends all sessions", async ({
  visit,
  mail,
  email,
  browser,
  baseURL,
}) => {
  const { page } = await visit("/sign-up/");
  await join(page, mail, email);
  const elsewhere = await browser.newContext({ baseURL });
  const other = await elsewhere.newPage();
  await other.goto("/forgot-password/");
  await expectAccessible(other);
  await send(other, "Forgot your password?", "Send reset link", {
    "Email address": email,
  });
  await expect(other.getByRole("status")).toContainText("Check your inbox");
  await other.goto(await mail.link(email));
  await expectAccessible(other);
  const fresh = "another four new words";
  await send(other, "Set a new password", "Set password", {
    "New password": fresh,
  });
  await other.waitForURL("**/sign-in/");
  expect((await mail.next(email)).subject).toContain("was changed");
  await page.goto("/account/");
  await expect(page.getByText("You are not signed in.")).toBeVisible();
  await signIn(other, email);
  await expect(other.getByRole("alert")).toContainText("is incorrect");
  await signIn(other, email, fresh);
  await other.waitForURL((url) => url.pathname === "/");
  await elsewhere.close();
});

test("reports an unknown account only by mail", async ({
  visit,
  mail,
  email,
}) => {
  const { page } = await visit("/forgot-password/");
  await send(page, "Forgot your password?", "Send reset link", {
    "Email address": email,
  });
  await expect(page.getByRole("status")).toContainText("Check your inbox");
  expect((await mail.next(email)).text).toMatch(/There is no account/);
});

test("lists and ends sessions", async ({
  visit,
  mail,
  email,
  browser,
  baseURL,
}) => {
  const { page } = await visit("/sign-up/");
  await join(page, mail, email);
  const others = await Promise.all([
    browser.newContext({ baseURL, userAgent: "Browser A" }),
    browser.newContext({ baseURL, userAgent: "Browser B" }),
    browser.newContext({ baseURL, userAgent: "Browser C" }),
  ]);
  const status = async (index: number): Promise<number> => {
    const reply = await others[index]!.request.get(
      "/api/mizan/call/members_only",
    );
    return reply.status();
  };
  for (const other of others) {
    const tab = await other.newPage();
    await tab.goto("/sign-in/");
    await signIn(tab, email);
    await tab.waitForURL((url) => url.pathname === "/");
  }
  expect(await Promise.all([status(0), status(1), status(2)])).toEqual([
    200, 200, 200,
  ]);
  await page.goto("/account/");
  const rows = page.getByRole("list", { name: "Sessions" }).locator("li");
  await expect(rows).toHaveCount(4);
  await rows
    .filter({ hasText: "Browser A" })
    .getByRole("button", { name: "Sign out Browser A" })
    .click();
  await expect(rows).toHaveCount(3);
  expect(await Promise.all([status(0), status(1)])).toEqual([401, 200]);
  await page
    .getByRole("button", { name: "Sign out of all other devices" })
    .click();
  await expect(rows).toHaveCount(1);
  expect(await Promise.all([status(1), status(2)])).toEqual([401, 401]);
  await page.getByRole("button", { name: "Sign out of this device" }).click();
  await expect(page.getByText("You are not signed in.")).toBeVisible();
  for (const other of others) await other.close();
});

test("changes the password and signs out all other devices", async ({
  visit,
  mail,
  email,
  browser,
  baseURL,
}) => {
  const { page } = await visit("/sign-up/");
  await join(page, mail, email);
  const elsewhere = await browser.newContext({ baseURL });
  const other = await elsewhere.newPage();
  await other.goto("/sign-in/?next=/account/");
  await signIn(other, email);
  await other.waitForURL("**/account/");

  await page.goto("/account/");
  const form = "Change your password";
  const fresh = "another four new words";
  await send(page, form, "Change password", {
    "Current password": "not the password",
    "New password": fresh,
  });
  await expect(
    page.getByRole("form", { name: form }).getByLabel("Current password"),
  ).toHaveAccessibleDescription(/The password is incorrect\./);
  await send(page, form, "Change password", {
    "Current password": password,
    "New password": fresh,
  });
  await expect(page.getByText("Your password was changed")).toBeVisible();
  expect((await mail.next(email)).subject).toContain("was changed");
  await other.reload();
  await expect(other.getByText("You are not signed in.")).toBeVisible();
  await page.reload();
  await expect(page.locator(".lead strong")).toHaveText(email);
  await elsewhere.close();
});

test("changes the email address by the link in the mail", async ({
  visit,
  mail,
  email,
}) => {
  const { page } = await visit("/sign-up/");
  await join(page, mail, email);
  await page.goto("/account/");
  const fresh = `new-${email}`;
  await send(page, "Change your email address", "Change email address", {
    "New email address": fresh,
  });
  await expect(page.getByText("Check your inbox")).toBeVisible();
  await page.goto(await mail.link(fresh));
  await expectAccessible(page);
  await send(
    page,
    "Confirm your new email address",
    "Confirm new email address",
    {},
  );
  await expect(page.getByText("Your email address was changed.")).toBeVisible();
  expect((await mail.next(email)).subject).toContain("was changed");
  await page.goto("/account/");
  await expect(page.locator(".lead strong")).toHaveText(fresh);
});

test("deletes the account after its address is entered", async ({
  visit,
  mail,
  email,
}) => {
  const { page } = await visit("/sign-up/");
  await join(page, mail, email);
  await page.goto("/account/");
  const form = "Delete your account";
  await send(page, form, "Delete account", {
    "Email address": "other@example.com",
  });
  await expect(
    page.getByRole("form", { name: form }).getByLabel("Email address"),
  ).toHaveAccessibleDescription(
    /This is not the email address of your account\./,
  );
  await send(page, form, "Delete account", { "Email address": email });
  await page.waitForURL("**/sign-up/");
  expect((await mail.next(email)).subject).toContain("was deleted");
  await page.goto("/sign-in/");
  await signIn(page, email);
  await expect(page.getByRole("alert")).toContainText("is incorrect");
});

test("staff list accounts and sign out members, but not superusers", async ({
  visit,
  mail,
  email,
  browser,
  baseURL,
}) => {
  const member = await browser.newContext({ baseURL });
  const tab = await member.newPage();
  await join(tab, mail, email);
  const refused = await tab.goto("/admin/");
  expect(refused?.status()).toBe(403);
  await expect(tab.getByRole("heading", { level: 1 })).toHaveText("No access");

  const chat = await visit("/admin/");
  const { page } = chat;
  await expect(page).toHaveURL("/sign-in/?next=%2Fadmin%2F");
  await chat.switchTo("Staff");
  await page.goto("/admin/");
  await expect(page.getByRole("list", { name: "Users" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: `Sign out ${email}` }).click();
  await expect(
    page.getByRole("button", { name: `Sign out ${email}` }),
  ).toHaveCount(0);
  await tab.goto("/account/");
  await expect(tab.getByText("You are not signed in.")).toBeVisible();

  await chat.switchTo("Superuser");
  await chat.switchTo("Staff");
  const rejected = await page.request.post("/api/mizan/call/end_sessions", {
    data: { id: await idOf(page, "superuser@example.com") },
  });
  expect(rejected.status()).toBe(403);
  await member.close();
});

/** Returns the id of the account with this address. Requires staff. */
async function idOf(page: Page, email: string): Promise<string> {
  const reply = await page.request.post("/api/mizan/call/list_accounts", {
    data: { after: null },
  });
  const { accounts } = (await reply.json()) as {
    accounts: { id: string; email: string }[];
  };
  return accounts.find((account) => account.email === email)?.id ?? "none";
}

test("asks for the password before sensitive actions", async ({
  visit,
  email,
}) => {
  const folder = await mkdtemp(`${tmpdir()}/mizan-`);
  const { process, address } = await startServer(
    ...["--database", `${folder}/chat.db`, "--mail", `${folder}/mail`],
    ...["--recent-for", "8"],
  );
  try {
    const mail = new Mailbox(`${folder}/mail`);
    const { page } = await visit(`${address}/sign-in/?next=/account/`);
    const demos = page.getByRole("region", { name: "Demo accounts" });
    const shown = (await demos.locator("code").textContent()) ?? "";
    await signIn(page, "member@example.com", shown);
    await page.waitForURL("**/account/");
    const change = page.getByRole("form", {
      name: "Change your email address",
    });
    await expect(change).toBeVisible();
    // The password check expires while the page is open.
    await page.waitForTimeout(8_500);
    await change.getByLabel("New email address").fill(email);
    await change.getByRole("button").click();
    await expect(
      page.getByRole("heading", { name: "Confirm that it is you" }),
    ).toBeVisible();
    await expect(change).toHaveCount(0);
    await expect(
      page.getByRole("heading", { name: "Confirm that it is you" }),
    ).toBeFocused();
    await expectAccessible(page);
    await send(page, "Confirm that it is you", "Confirm", {
      Password: "not it",
    });
    await expect(
      page
        .getByRole("form", { name: "Confirm that it is you" })
        .getByLabel("Password", { exact: true }),
    ).toHaveAccessibleDescription(/The password is incorrect\./);
    await send(page, "Confirm that it is you", "Confirm", { Password: shown });
    await expect(
      page.getByRole("heading", { name: "Change your email address" }),
    ).toBeFocused();
    await change.getByLabel("New email address").fill(email);
    await change.getByRole("button").click();
    await expect(page.getByText("Check your inbox")).toBeVisible();
    await mail.next(email);
  } finally {
    process.kill();
    await rm(folder, { recursive: true, force: true });
  }
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("signs up, confirms by link, changes the password, resets it", async ({
    page,
    mail,
    email,
  }) => {
    await page.goto("/sign-up/");
    await signUp(page, email);
    await expect(page.getByRole("status")).toContainText(
      "open the link in the email",
    );
    await page.goto("/sign-in/");
    await signIn(page, email);
    await expect(page.getByRole("status")).toContainText("not confirmed yet");
    await mail.next(email);
    await page.goto(await mail.link(email));
    await send(page, "Confirm your email address", "Confirm", {
      Password: "wrong!!!",
    });
    await expect(
      page.getByLabel("Password", { exact: true }),
    ).toHaveAccessibleDescription(/The password is incorrect\./);
    await send(page, "Confirm your email address", "Confirm", {
      Password: password,
    });
    await expect(page.getByRole("status")).toContainText("is confirmed");

    await page.goto("/account/");
    await expect(page.locator(".lead strong")).toHaveText(email);
    await send(page, "Change your password", "Change password", {
      "Current password": password,
      "New password": "another four new words",
    });
    await expect(page.getByRole("status")).toContainText("was changed");
    await mail.next(email);

    await page.goto("/forgot-password/");
    await send(page, "Forgot your password?", "Send reset link", {
      "Email address": email,
    });
    await expect(page.getByRole("status")).toContainText("Check your inbox");
    await page.goto(await mail.link(email));
    await send(page, "Set a new password", "Set password", {
      "New password": password,
    });
    await expect(page.getByRole("status")).toContainText("was changed");
    await page.goto("/sign-in/");
    await signIn(page, email);
    await expect(page.getByRole("status")).toContainText(
      `signed in as ${email}`,
    );
  });
});

for (const width of [360, 1200]) {
  test(`account pages fit a width of ${width} pixels`, async ({ visit }) => {
    const chat = await visit("/sign-in/");
    const { page } = chat;
    await page.setViewportSize({ width, height: 800 });
    const paths = ["sign-up", "sign-in", "forgot-password", "reset-password"];
    const fits = async (name: string): Promise<void> => {
      await page.goto(`/${name}/`);
      await page.waitForLoadState("networkidle");
      if (process.env.MIZAN_SCREENSHOTS)
        await page.screenshot({
          path: `${process.env.MIZAN_SCREENSHOTS}/${name}-${width}.png`,
          fullPage: true,
        });
      const scrolls = await page.evaluate(
        () => document.documentElement.scrollWidth,
      );
      expect(scrolls, name).toBeLessThanOrEqual(width);
    };
    for (const name of paths) await fits(name);
    await chat.switchTo("Staff");
    for (const name of ["account", "admin"]) await fits(name);
  });
}
