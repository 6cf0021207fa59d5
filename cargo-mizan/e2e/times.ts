import { expect, test } from "@playwright/test";
import { Development, Sources, setting } from "./application";

/** The number of times that each change is measured. */
const ROUNDS = 5;

/** Returns the median in seconds. */
function median(milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((left, right) => left - right);
  return ((sorted[Math.floor(sorted.length / 2)] ?? NaN) / 1000).toFixed(2);
}

test("times from a change of a file to the browser that shows it", async ({
  page,
}) => {
  const folder = setting("APPLICATION");
  const sources = new Sources(folder);
  const began = Date.now();
  const development = Development.start(folder, {
    DATABASE: setting("DATABASE"),
    RUST_LOG: "error",
  });
  const [address] = await development.until(/http:\/\/localhost:\d+/);
  await development.until(/ok {5}build/);
  await page.goto(`${address}/sign-up/`);
  // Hydration adds the attribute.
  await expect(page.locator("form[novalidate]")).toBeVisible();
  const first = Date.now() - began;

  const components: number[] = [];
  const component = "web/src/pages/SignUp.tsx";
  const page0 = await sources.read(component);
  for (let round = 0; round < ROUNDS; round += 1) {
    const text = `Account number ${round}`;
    const start = Date.now();
    await sources.write(component, page0.replace("You have an account?", text));
    await page.waitForFunction(
      (expected) => document.body.textContent.includes(expected),
      text,
    );
    components.push(Date.now() - start);
  }

  const server: number[] = [];
  const rust = "src/pages.rs";
  const pages0 = await sources.read(rust);
  for (let round = 0; round < ROUNDS; round += 1) {
    const meta = `<meta name="round" content="${round}">`;
    const start = Date.now();
    await sources.write(rust, pages0.replace('r#"<meta', `r#"${meta}<meta`));
    await page
      .locator(`meta[name="round"][content="${round}"]`)
      .waitFor({ state: "attached" });
    server.push(Date.now() - start);
  }
  const builds = [...development.printed.matchAll(/build \(([\d.]+) s\)/g)];
  const incremental = builds.slice(1).map((found) => Number(found[1]) * 1000);
  expect(await development.stop()).toBe(0);
  console.log(
    [
      `start to the first page, built before: ${median([first])} s`,
      `component to fresh browser: ${median(components)} s`,
      `Rust to fresh browser: ${median(server)} s`,
      `of it the incremental build: ${median(incremental)} s`,
    ].join("\n"),
  );
});
