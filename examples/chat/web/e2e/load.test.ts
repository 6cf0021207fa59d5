import { ChatPage, expect, test } from "./page";

test("hydrates without fetching data that the page contains", async ({
  chat,
}) => {
  await expect(chat.outcome("current_user")).toContainText(
    "You are not signed in",
  );
  await expect(chat.outcome("greet")).toContainText("Hello, World!");
  await chat.page.waitForLoadState("networkidle");
  expect(chat.calls).toEqual([]);
  await chat.panel("greet").getByLabel("Name").fill("Ada");
  await expect(chat.outcome("greet")).toContainText("Hello, Ada!");
  expect(chat.calls).toHaveLength(1);
});

test("debounces greetings while the user types", async ({ chat }) => {
  const name = chat.panel("greet").getByLabel("Name");
  await name.fill("");
  await name.pressSequentially("Ada Lovelace", { delay: 20 });
  await expect(chat.outcome("greet")).toContainText("Hello, Ada Lovelace!");
  // One request on an idle machine; each typing pause of 250 ms causes another one.
  expect(chat.calls.length).toBeLessThan(6);
});

test("contains the signed-in user in the first HTML", async ({ chat }) => {
  await chat.switchTo("Staff");
  const reply = await chat.page.request.get("/");
  expect(reply.headers()["cache-control"]).toBe("private, no-store");
  const html = await reply.text();
  expect(html).toContain("<dt>name</dt><dd>Staff</dd>");
  expect(html).toMatch(
    /"name":"current_user","output":\{[^}]*"email":"staff@example.com"/,
  );
  await chat.page.reload();
  await expect(chat.outcome("current_user")).toContainText("nameStaff");
  await expect(chat.outcome("staff_report")).toContainText("open sessions");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("is complete", async ({ page }) => {
    await page.goto("/");
    await expect(page.getByRole("article")).toHaveCount(9);
    const greet = page.getByRole("article", { name: "greet", exact: true });
    await expect(greet).toContainText("Hello, World!");
  });
});

test("/hello/ greets the name in the address", async ({ page }) => {
  const consoleMessages: string[] = [];
  page.on("console", (message) => consoleMessages.push(message.text()));
  page.on("pageerror", (error) => consoleMessages.push(error.message));
  for (const [path, name] of [
    ["/hello/", "World"],
    ["/hello/?name=Ada", "Ada"],
    ["/hello/?name=%3C/script%3E%3Cb%3E", "</script><b>"],
  ] as const) {
    await page.goto(path);
    await expect(page.locator("#mizan-root")).toHaveText(`Hello, ${name}!`);
    await page.waitForLoadState("networkidle");
  }
  const html = await (await page.request.get("/hello/")).text();
  expect(html).toContain('<div id="mizan-root"><div>Hello, World!</div></div>');
  expect(consoleMessages).toEqual([]);
});

test("shows the Rust and the TypeScript of every function", async ({
  chat,
}) => {
  const panels = chat.page.getByRole("article");
  await expect(panels).toHaveCount(9);
  for (const panel of await panels.all()) {
    const name = await panel.getByRole("heading", { level: 3 }).textContent();
    await expect(panel.getByLabel(`Rust of ${name}`)).toContainText(
      name === "sign_in" ? 'name = "sign_in"' : `fn ${name}(`,
    );
    await expect(panel.getByLabel(`TypeScript of ${name}`)).toContainText(
      "import",
    );
  }
});

test("keeps the rest of the page when one call fails", async ({ page }) => {
  await page.route("**/call/greet?*", (route) =>
    route.fulfill({ status: 500, body: "<p>" }),
  );
  await page.goto("/");
  // A value that is entered before hydration is replaced.
  await new ChatPage(page).loadSections();
  const greet = page.getByRole("article", { name: "greet", exact: true });
  await greet.getByLabel("Name").fill("Ada");
  await expect(greet.locator(".outcome")).toContainText("500unreadable_reply");
  const echo = page.getByRole("article", { name: "echo", exact: true });
  await echo.getByRole("button", { name: "Send" }).click();
  await expect(echo.locator(".outcome")).toContainText(
    "Hello from the browser",
  );
  await page.unroute("**/call/greet?*");
  await greet.getByRole("button", { name: "Try again" }).click();
  await expect(greet.locator(".outcome")).toContainText("Hello, Ada!");
});

test("can be used with the keyboard", async ({ chat }) => {
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
