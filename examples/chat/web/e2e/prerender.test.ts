import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { promisify } from "node:util";
import { expect, test as base } from "@playwright/test";
import { program } from "./server";

const contentTypes: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** The hash of the inline script in pages, which mizan-ssr documents for policies. */
const recoveryScriptHash = `sha256-${createHash("sha256")
  .update(
    readFileSync(
      new URL(
        "../../../../mizan-ssr/src/page/entry_recovery.js",
        import.meta.url,
      ),
    ),
  )
  .digest("base64")}`;

/** Answers a request as servers of static files do. */
async function answer(
  folder: string,
  pathname: string,
  response: ServerResponse,
): Promise<void> {
  const file = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
  try {
    const content = await readFile(folder + file);
    const type = contentTypes[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, {
      "content-type": type,
      "content-security-policy": `script-src 'self' '${recoveryScriptHash}'`,
    });
    response.end(content);
  } catch {
    const content = await readFile(`${folder}/404.html`);
    response.writeHead(404, { "content-type": contentTypes[".html"] });
    response.end(content);
  }
}

/** Serves a folder on a free port. */
async function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    void answer(folder, pathname, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const test = base.extend<{ address: string }>({
  address: async ({}, use, testInfo) => {
    const folder = testInfo.outputPath("site");
    await promisify(execFile)(program, [
      ...["--database", testInfo.outputPath("chat.db")],
      ...["prerender", folder],
    ]);
    const server = await serve(folder);
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.close();
  },
});

test("exported pages hydrate from a server of static files", async ({
  page,
  address,
}) => {
  const messages: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => messages.push(error.message));
  page.on("console", (message) => {
    // The browser logs the status of the page for unknown paths.
    if (!message.text().includes("status of 404"))
      messages.push(message.text());
  });
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/api/")) requests.push(pathname);
  });
  await page.goto(`${address}/hello/`);
  await expect(page.locator("#mizan-root")).toHaveText("Hello, World!");
  await page.goto(`${address}/nowhere/`);
  await page.waitForFunction(
    () =>
      typeof history.state === "object" && history.state?.mizan !== undefined,
  );
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(
    "Page not found",
  );
  // A link loads the document, because the server has no data for navigations.
  await page.getByRole("link", { name: "mizan", exact: true }).first().hover();
  await page.evaluate(() => {
    const link = document.querySelector<HTMLAnchorElement>("nav a")!;
    link.setAttribute("href", "/hello/");
    link.click();
  });
  await expect(page.locator("#mizan-root")).toHaveText("Hello, World!");
  expect(messages).toEqual([]);
  expect(requests).toEqual([]);
});

test("an export of a page with a form fails and names the page and its component", async ({}, testInfo) => {
  const folder = testInfo.outputPath("site");
  const { code, stderr } = await new Promise<{
    code: unknown;
    stderr: string;
  }>((resolve) => {
    const options = [
      ...["--database", testInfo.outputPath("chat.db")],
      ...["prerender", folder, "/contact/", "/nowhere/"],
    ];
    execFile(program, options, (error, _, stderr) =>
      resolve({ code: error?.code, stderr }),
    );
  });
  expect(code).toBe(1);
  expect(stderr).toContain(
    "/contact/: in pages/Contact.tsx, a form has a submission token",
  );
  expect(stderr).toContain("/nowhere/: has the status 404 Not Found");
  expect(await readdir(folder)).toEqual([]);
});
