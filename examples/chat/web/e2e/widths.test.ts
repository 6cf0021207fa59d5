import { expect, test } from "./page";

for (const width of [320, 360, 768, 1024, 1440]) {
  test(`fits a width of ${width} pixels`, async ({ chat }) => {
    await chat.page.setViewportSize({ width, height: 800 });
    await chat.panel("echo").getByLabel("Text").fill("x".repeat(300));
    await chat.panel("echo").getByRole("button", { name: "Send" }).click();
    await chat.panel("sign_in").getByLabel("User").fill("y".repeat(120));
    await chat
      .panel("sign_in")
      .getByRole("button", { name: "Sign in" })
      .click();
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
