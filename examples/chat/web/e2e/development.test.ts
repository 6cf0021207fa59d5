import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test as base, type Page } from "@playwright/test";
import { createServer } from "vite";
import { startServer, target } from "./server";

const chat = fileURLToPath(new URL("../..", import.meta.url));

/** A copy of the front end that a test may change, served as one does while working on it. */
class Workshop {
  /** What the browser complains about. */
  readonly complaints: string[] = [];

  constructor(
    private readonly folder: string,
    private readonly address: string,
    private readonly page: Page,
  ) {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()))
        this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
  }

  /** Replaces a piece of a component's source. */
  async edit(path: string, from: string, to: string): Promise<void> {
    const file = `${this.folder}/web/src/${path}`;
    const source = await readFile(file, "utf8");
    expect(source).toContain(from);
    await writeFile(file, source.replace(from, to));
  }

  /** Opens a page, and waits until the browser has it. */
  async open(path: string): Promise<void> {
    await this.page.goto(this.address + path);
    await this.page.waitForLoadState("networkidle");
  }

  /** What the server renders, before any script. */
  async html(path: string): Promise<string> {
    return (await this.page.request.get(this.address + path)).text();
  }
}

const test = base.extend<{ workshop: Workshop }>({
  workshop: async ({ page }, use, { workerIndex }) => {
    // Below the workspace, so that the packages are found.
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
      await use(new Workshop(folder, address, page));
    } finally {
      process.kill();
      await vite.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
});

test("a change shows on reload, in the page and in its script", async ({
  page,
  workshop,
}) => {
  await workshop.open("/hello/");
  await expect(page.locator("#mizan-root")).toHaveText("Hello, World!");
  await workshop.edit("pages/Hello.tsx", "Hello, ", "Good day, ");
  expect(await workshop.html("/hello/")).toContain("Good day, World!");
  await page.reload();
  await page.waitForLoadState("networkidle");
  await expect(page.locator("#mizan-root")).toHaveText("Good day, World!");
  expect(workshop.complaints).toEqual([]);
});

test("the page with data is hydrated and styled in development too", async ({
  page,
  workshop,
}) => {
  await workshop.open("/");
  await expect(page.getByRole("article")).toHaveCount(9);
  expect(await workshop.html("/")).toMatch(
    /<link rel="stylesheet" href="http:\/\/localhost:[^"]*page\.css/,
  );
  await workshop.edit(
    "components/Footer.tsx",
    "<footer",
    '<footer data-edited=""',
  );
  await page.reload();
  await expect(page.locator("footer[data-edited]")).toBeVisible();
  expect(workshop.complaints).toEqual([]);
});

test("a mistake is a page that shows where it is, until it is mended", async ({
  page,
  workshop,
}) => {
  await workshop.edit("pages/Hello.tsx", "<div>", "<div>{nobody.name}");
  await workshop.open("/hello/");
  await expect(page.locator("body")).toContainText("nobody is not defined");
  await expect(page.locator("body")).toContainText("pages/Hello.tsx:9");
  await workshop.edit("pages/Hello.tsx", "<div>{nobody.name}", "<div");
  await workshop.open("/hello/");
  await expect(page.locator("body")).toContainText("pages/Hello.tsx:");
  await workshop.edit("pages/Hello.tsx", "<div", "<div>");
  await workshop.open("/hello/");
  await expect(page.locator("#mizan-root")).toHaveText("Hello, World!");
});
