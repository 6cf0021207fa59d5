import { expect, test } from "./page";

for (const width of [320, 360, 768, 1024, 1440]) {
  test(`fits a width of ${width} pixels`, async ({ chat }) => {
    await chat.page.setViewportSize({ width, height: 800 });
    await chat.panel("echo").getByLabel("Text").fill("x".repeat(300));
    await chat.panel("echo").getByRole("button", { name: "Send" }).click();
    const signIn = chat.panel("sign_in");
    await signIn
      .getByLabel("Email address")
      .fill(`${"y".repeat(60)}@example.com`);
    await signIn.getByLabel("Password").fill("z".repeat(120));
    await signIn.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(chat.outcome("echo")).toBeVisible();
    await expect(chat.outcome("sign_in")).toBeVisible();
    const overflowing = await chat.page.evaluate(() => {
      const right = document.documentElement.clientWidth;
      const scrolls = (element: Element) => element.closest("pre") !== null;
      return [...document.querySelectorAll("body *")]
        .filter(
          (element) =>
            !scrolls(element) &&
            element.getBoundingClientRect().right > right + 1,
        )
        .map((element) => element.outerHTML.slice(0, 80));
    });
    expect(overflowing).toEqual([]);
    expect(
      await chat.page.evaluate(() => document.documentElement.scrollWidth),
    ).toBe(width);
  });
}
