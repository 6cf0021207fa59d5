import { expect, test } from "./page";

test("asks for the global context once", async ({ chat }) => {
  await expect(chat.outcome("current_user")).toContainText(
    "Nobody is signed in",
  );
  await chat.page.waitForLoadState("networkidle");
  expect([...chat.calls].sort()).toEqual([
    "/api/mizan/call/current_user",
    "/api/mizan/call/early_access",
    `/api/mizan/call/greet?input=${encodeURIComponent('{"name":"World"}')}`,
    "/api/mizan/call/members_only",
    "/api/mizan/call/staff_report",
    "/api/mizan/call/superuser_report",
  ]);
});

test("shows the Rust and the TypeScript of every function", async ({
  chat,
}) => {
  const panels = chat.page.getByRole("article");
  await expect(panels).toHaveCount(9);
  for (const panel of await panels.all()) {
    const name = await panel.getByRole("heading", { level: 3 }).textContent();
    await expect(panel.getByLabel(`Rust of ${name}`)).toContainText(
      `fn ${name}(`,
    );
    await expect(panel.getByLabel(`TypeScript of ${name}`)).toContainText(
      "import",
    );
  }
});

test("keeps the rest of the page when one call fails", async ({ page }) => {
  await page.route("**/call/current_user", (route) =>
    route.fulfill({ status: 500, body: "<p>" }),
  );
  await page.goto("/");
  const alone = page.getByRole("article", {
    name: "current_user",
    exact: true,
  });
  await expect(alone.locator(".outcome")).toContainText("500unreadable_reply");
  const echo = page.getByRole("article", { name: "echo", exact: true });
  await echo.getByRole("button", { name: "Send" }).click();
  await expect(echo.locator(".outcome")).toContainText(
    "Hello from the browser",
  );
  await page.unroute("**/call/current_user");
  await alone.getByRole("button", { name: "Try again" }).click();
  await expect(alone.locator(".outcome")).toContainText("Nobody is signed in");
});

test("can be used with the keyboard alone", async ({ chat }) => {
  await chat.panel("echo").getByLabel("Text").focus();
  await chat.page.keyboard.press("ControlOrMeta+a");
  await chat.page.keyboard.type("typed");
  await chat.page.keyboard.press("Tab");
  await expect(
    chat.panel("echo").getByRole("button", { name: "Send" }),
  ).toBeFocused();
  await chat.page.keyboard.press("Enter");
  await expect(chat.outcome("echo")).toContainText("typed");
});
