import { expect, test } from "./page";

test("echo returns the text", async ({ chat }) => {
  const panel = chat.panel("echo");
  await panel.getByLabel("Text").fill('Grüße 🦀 <b>"quoted"</b>');
  await panel.getByRole("button", { name: "Send" }).click();
  await expect(chat.outcome("echo")).toContainText(
    '200okGrüße 🦀 <b>"quoted"</b>',
  );
});

test("echo rejects empty and oversized text and names the field", async ({
  chat,
}) => {
  const panel = chat.panel("echo");
  const text = panel.getByLabel("Text");
  const send = panel.getByRole("button", { name: "Send" });
  await text.fill("🦀".repeat(281));
  await expect(panel).toContainText("281 of 280 characters");
  await send.click();
  await expect(chat.outcome("echo")).toContainText("422invalid");
  await expect(chat.outcome("echo").locator(".field-error code")).toHaveText(
    "text",
  );
  await expect(text).toHaveAttribute("aria-invalid", "true");

  await text.fill("");
  await send.click();
  await expect(chat.outcome("echo")).toContainText("422invalid");

  await text.fill("🦀".repeat(280));
  await send.click();
  await expect(chat.outcome("echo")).toContainText("200ok");
  await expect(text).toHaveAttribute("aria-invalid", "false");
});

test("greet follows the name and recovers from an invalid one", async ({
  chat,
}) => {
  const name = chat.panel("greet").getByLabel("Name");
  await expect(chat.outcome("greet")).toContainText("Hello, World!");
  await name.fill("Ada & Grace");
  await expect(chat.outcome("greet")).toContainText("Hello, Ada & Grace!");
  await name.fill("");
  await expect(chat.outcome("greet")).toContainText("422invalid");
  await expect(name).toBeVisible();
  await name.fill("Ada");
  await expect(chat.outcome("greet")).toContainText("Hello, Ada!");
});

test("greet keeps the previous greeting while the next one loads", async ({
  chat,
}) => {
  await expect(chat.outcome("greet")).toContainText("Hello, World!");
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await chat.page.route("**/call/greet**", async (route) => {
    await released;
    await route.continue();
  });
  const requested = chat.page.waitForRequest((request) =>
    request.url().includes("Ada"),
  );
  await chat.panel("greet").getByLabel("Name").fill("Ada");
  await requested;
  await expect(chat.outcome("greet")).toContainText("Hello, World!");
  release();
  await expect(chat.outcome("greet")).toContainText("Hello, Ada!");
});
