import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test as base, type Page } from "@playwright/test";
import { createServer } from "vite";
import { startServer, target } from "./server";

const chat = fileURLToPath(new URL("../..", import.meta.url));

/** A copy of the front end that a test can edit, served in development mode. */
class DevelopmentSite {
  /** The errors and warnings in the browser console. */
  readonly consoleMessages: string[] = [];

  constructor(
    private readonly folder: string,
    private readonly address: string,
    private readonly page: Page,
  ) {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()))
        this.consoleMessages.push(message.text());
    });
    page.on("pageerror", (error) => this.consoleMessages.push(error.message));
  }

  /** Replaces text in the source of a component. */
  async edit(path: string, from: string, to: string): Promise<void> {
    const file = `${this.folder}/web/src/${path}`;
    const source = await readFile(file, "utf8");
    expect(source).toContain(from);
    await writeFile(file, source.replace(from, to));
  }

  /** Opens a page and waits until it has loaded. */
  async open(path: string): Promise<void> {
    await this.page.goto(this.address + path);
    await this.page.waitForLoadState("networkidle");
  }

  /** Returns the HTML of the server. */
  async html(path: string): Promise<string> {
    return (await this.page.request.get(this.address + path)).text();
  }
}

const test = base.extend<{ site: DevelopmentSite }>({
  site: async ({ page }, use, { workerIndex }) => {
    // Inside the workspace, so that npm packages resolve.
    const folder = `${target}/e2e-${workerIndex}`;
    await rm(folder, { recursive: true, force: true });
    for (const part of ["src", "web/src", "web/public", "web/tsconfig.json"])
      await cp(`${chat}/${part}`, `${folder}/${part}`, { recursive: true });
    const vite = await createServer({
      configFile: `${chat}/web/vite.config.ts`,
      root: `${folder}/web`,
      cacheDir: `${folder}/.vite`,
      logLevel: "error",
      server: { port: 5200 + workerIndex, origin: undefined },
    });
    await vite.listen();
    const origin = `http://localhost:${vite.config.server.port}`;
    const { process, address } = await startServer(
      ...["--web", `${folder}/web`, "--dev", origin],
      ...["--database", `${folder}/chat.db`],
    );
    try {
      await use(new DevelopmentSite(folder, address, page));
    } finally {
      process.kill();
      await vite.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
});

test("a reload shows changes in the HTML and in the script", async ({
  page,
  site,
}) => {
  await site.open("/hello/");
  await expect(page.locator("#mizan-root")).toHaveText("Hello, World!");
  await site.edit("pages/Hello.tsx", "Hello, ", "Good day, ");
  expect(await site.html("/hello/")).toContain("Good day, World!");
  await page.reload();
  await page.waitForLoadState("networkidle");
  await expect(page.locator("#mizan-root")).toHaveText("Good day, World!");
  expect(site.consoleMessages).toEqual([]);
});

test("a page with data is hydrated and styled in development", async ({
  page,
  site,
}) => {
  await site.open("/");
  await expect(page.getByRole("article")).toHaveCount(9);
  expect(await site.html("/")).toMatch(
    /<link rel="stylesheet" href="http:\/\/localhost:[^"]*page\.css/,
  );
  await site.edit("components/Footer.tsx", "<footer", '<footer data-edited=""');
  await page.reload();
  await expect(page.locator("footer[data-edited]")).toBeVisible();
  expect(site.consoleMessages).toEqual([]);
});

test("an error is shown with its location until it is fixed", async ({
  page,
  site,
}) => {
  await site.edit("pages/Hello.tsx", "<div>", "<div>{missing.name}");
  await site.open("/hello/");
  await expect(page.locator("body")).toContainText("missing is not defined");
  await expect(page.locator("body")).toContainText("pages/Hello.tsx:9");
  await site.edit("pages/Hello.tsx", "<div>{missing.name}", "<div");
  await site.open("/hello/");
  await expect(page.locator("body")).toContainText("pages/Hello.tsx:");
  await site.edit("pages/Hello.tsx", "<div", "<div>");
  await site.open("/hello/");
  await expect(page.locator("#mizan-root")).toHaveText("Hello, World!");
});

test("edits reach a page that a navigation opened, and keep its state", async ({
  page,
  site,
}) => {
  await site.open("/");
  await page.evaluate(() => {
    document.body.dataset["kept"] = "";
  });
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: "Contact", exact: true })
    .click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(
    "Contact us",
  );
  await page.getByLabel("Your name").fill("Ada");
  await site.edit("components/Footer.tsx", "<footer", '<footer data-edited=""');
  await expect(page.locator("footer[data-edited]")).toBeVisible();
  await expect(page.getByLabel("Your name")).toHaveValue("Ada");
  await page.goBack();
  await expect(page.locator("footer[data-edited]")).toBeVisible();
  await expect(page.locator("body")).toHaveAttribute("data-kept", "");
  expect(site.consoleMessages).toEqual([]);
});

base("a page says that Vite is not running", async ({ page }, testInfo) => {
  const { process, address } = await startServer(
    ...["--dev", "http://localhost:1"],
    ...["--database", testInfo.outputPath("chat.db")],
  );
  try {
    await page.goto(`${address}/hello/`);
    await expect(page.getByRole("alert")).toContainText(
      "the development server http://localhost:1/ does not answer",
    );
  } finally {
    process.kill();
  }
});
