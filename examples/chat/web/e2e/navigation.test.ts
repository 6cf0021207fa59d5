import AxeBuilder from "@axe-core/playwright";
import type { Page, Request } from "@playwright/test";
import { demoPassword, signInByCall } from "./demo";
import { expect, test } from "./page";

/** Records the documents, the navigations and the calls that a page requests from now on. */
function record(page: Page) {
  const documents: string[] = [];
  const navigations: string[] = [];
  const calls: string[] = [];
  page.on("request", (request: Request) => {
    const { pathname, search } = new URL(request.url());
    if (request.isNavigationRequest()) documents.push(pathname + search);
    else if (request.headers()["mizan-navigation"])
      navigations.push(pathname + search);
    else if (pathname.startsWith("/api/")) calls.push(pathname + search);
  });
  return { documents, navigations, calls };
}

const menu = (page: Page, name: string) =>
  page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name, exact: true });

const heading = (page: Page, name: string) =>
  page.getByRole("heading", { level: 1, name, exact: true });

/** Waits until the page is hydrated, so that links navigate. */
async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() => history.state?.mizan !== undefined);
}

test("a link opens a page without a document, and keeps the layout", async ({
  visit,
}) => {
  const { page } = await visit("/");
  await hydrated(page);
  await page.evaluate(() => {
    document.querySelector("header")!.dataset["kept"] = "";
  });
  const { documents, navigations, calls } = record(page);
  await menu(page, "Contact").click();
  await expect(heading(page, "Contact us")).toBeFocused();
  await expect(page).toHaveURL("/contact/");
  await expect(page).toHaveTitle("Contact us · mizan");
  await expect(page.locator("[data-mizan-announcement]")).toHaveText(
    "Contact us · mizan",
  );
  await expect(menu(page, "Contact")).toHaveAttribute("aria-current", "page");
  await expect(page.locator("header")).toHaveAttribute("data-kept");
  await expect(page.getByLabel("Your name")).toBeVisible();
  expect(documents).toEqual([]);
  expect(navigations).toEqual(["/contact/"]);
  expect(calls).toEqual([]);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
});

test("back and forward restore the scroll position without a request", async ({
  visit,
}) => {
  const { page } = await visit("/");
  await hydrated(page);
  await page.evaluate(() => scrollTo(0, 700));
  await page.evaluate(() =>
    document.querySelector<HTMLElement>('nav a[href="/contact/"]')!.click(),
  );
  await expect(heading(page, "Contact us")).toBeVisible();
  expect(await page.evaluate(() => scrollY)).toBe(0);
  const { documents, navigations } = record(page);
  await page.goBack();
  await expect(
    heading(page, "Rust functions, called from React."),
  ).toBeVisible();
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(700);
  await page.goForward();
  await expect(heading(page, "Contact us")).toBeVisible();
  expect([...documents, ...navigations]).toEqual([]);

  // The browser restores the position after a reload.
  await page.goBack();
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(700);
  await page.reload();
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(700);
});

test("modified clicks and fragments are left to the browser", async ({
  visit,
  context,
}) => {
  const { page } = await visit("/");
  await hydrated(page);
  const { navigations } = record(page);
  const [tab] = await Promise.all([
    context.waitForEvent("page"),
    menu(page, "Contact").click({ modifiers: ["ControlOrMeta"] }),
  ]);
  await expect(heading(tab, "Contact us")).toBeVisible();
  await expect(page).toHaveURL("/");
  await page.evaluate(() =>
    document.querySelector<HTMLElement>('main a[href^="#"]')!.click(),
  );
  await expect(page).toHaveURL(/\/#./);
  expect(await page.evaluate(() => scrollY)).toBeGreaterThan(0);
  await page.goBack();
  await expect(page).toHaveURL("/");
  // Pointing to the link has prefetched the page.
  expect(navigations.filter((path) => path !== "/contact/")).toEqual([]);
});

test("a slow page shows a progress bar, and another click replaces it", async ({
  visit,
}) => {
  const { page } = await visit("/");
  await hydrated(page);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/contact/", async (route) => {
    await released;
    await route.continue().catch(() => undefined);
  });
  const bar = page.getByRole("progressbar", { name: "Loading the page" });
  await menu(page, "Contact").click();
  await expect(bar).toBeVisible();
  await expect(page).toHaveURL("/");
  await expect(
    heading(page, "Rust functions, called from React."),
  ).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
  await page.screenshot({ path: "test-results/progress.png" });
  await menu(page, "Rooms").click();
  await expect(heading(page, "Rooms")).toBeVisible();
  await expect(bar).toHaveCount(0);
  release();
  await expect(page).toHaveURL("/rooms/lobby/");
});

test("sign-in leads back to the page that needs it", async ({ visit }) => {
  const { page } = await visit("/contact/");
  await hydrated(page);
  const { documents } = record(page);
  await page.evaluate(async () => {
    const link = document.querySelector<HTMLAnchorElement>(
      'nav a[href="/rooms/"]',
    )!;
    link.setAttribute("href", "/admin/");
    link.click();
  });
  await expect(page).toHaveURL("/sign-in/?next=%2Fadmin%2F");
  const form = page.getByRole("main");
  await form.getByLabel("Email address").fill("staff@example.com");
  await form.getByLabel("Password").fill(demoPassword);
  await form.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL("/admin/");
  await expect(page.getByRole("list", { name: "Users" })).toBeVisible();
  expect(documents).toEqual([]);
});

test("signing out on a page that needs a user leads to the sign-in page", async ({
  page,
}) => {
  await signInByCall(page, "staff");
  await page.goto("/admin/");
  await hydrated(page);
  await page
    .locator("header")
    .getByRole("button", { name: "Sign out" })
    .click();
  await expect(page).toHaveURL("/sign-in/?next=%2Fadmin%2F");
  await expect(page.getByRole("list", { name: "Users" })).toHaveCount(0);
});

test("a missing page is a page with status 404", async ({ page }) => {
  await page.goto("/contact/");
  await hydrated(page);
  const reply = page.waitForResponse("**/rooms/attic/");
  await page.evaluate(() => {
    const link = document.querySelector<HTMLAnchorElement>(
      'nav a[href="/rooms/"]',
    )!;
    link.setAttribute("href", "/rooms/attic/");
    link.click();
  });
  expect((await reply).status()).toBe(404);
  await expect(heading(page, "Page not found")).toBeFocused();
  await expect(page).toHaveURL("/rooms/attic/");
});

test("a deployment loads the document of the next page", async ({ visit }) => {
  const { page } = await visit("/contact/");
  await hydrated(page);
  await page.route("**/rooms/**", async (route) => {
    const headers = route.request().headers();
    await route.continue(
      headers["mizan-navigation"]
        ? { headers: { ...headers, "mizan-build": "older" } }
        : {},
    );
  });
  const { documents } = record(page);
  await menu(page, "Rooms").click();
  await expect(heading(page, "Rooms")).toBeVisible();
  expect(documents).toHaveLength(1);
});

test("a page whose script is missing loads its document", async ({ page }) => {
  await page.goto("/");
  await hydrated(page);
  const { documents } = record(page);
  await page.route(/\/assets\/Contact-[^/]+\.js$/, async (route) => {
    if (documents.length === 0) await route.fulfill({ status: 404, body: "" });
    else await route.continue();
  });
  await menu(page, "Contact").click();
  await expect(heading(page, "Contact us")).toBeVisible();
  expect(documents).toEqual(["/contact/"]);
});

test("an unreachable server is reported on the page", async ({ page }) => {
  await page.goto("/");
  await hydrated(page);
  await page.route("**/contact/", (route) => route.abort());
  await menu(page, "Contact").click();
  const notice = page.getByRole("alert").filter({ hasText: "reached" });
  await expect(notice).toBeVisible();
  await expect(page).toHaveURL("/");
  await page.unroute("**/contact/");
  await notice.getByRole("button", { name: "Load the page" }).click();
  await expect(heading(page, "Contact us")).toBeVisible();
});

test("pointing to links requests few pages, once", async ({ visit }) => {
  const { page } = await visit("/");
  await hydrated(page);
  const { navigations } = record(page);
  for (let times = 0; times < 5; times += 1) {
    for (const name of ["Contact", "Rooms"])
      await menu(page, name).dispatchEvent("pointerover", {
        pointerType: "mouse",
      });
  }
  await expect.poll(() => navigations.length).toBeGreaterThan(0);
  await menu(page, "Contact").click();
  await expect(heading(page, "Contact us")).toBeVisible();
  expect(new Set(navigations).size).toBe(navigations.length);
});

test("a navigation is not much larger than its data", async ({ page }) => {
  await signInByCall(page, "staff");
  await page.goto("/contact/");
  const build = await page.evaluate(
    () =>
      JSON.parse(document.querySelector("#mizan-page")!.textContent)
        .build as string,
  );
  for (const path of [
    "/",
    "/rooms/rust/",
    "/account/",
    "/profile/",
    "/admin/",
  ]) {
    const reply = await page.request.get(path, {
      headers: { "mizan-navigation": "1", "mizan-build": build },
    });
    const text = await reply.text();
    let data = 0;
    for (const line of text.trim().split("\n")) {
      const { page: described, results = [] } = JSON.parse(line) as {
        readonly page?: { readonly props: object };
        readonly results?: readonly object[];
      };
      for (const item of [...(described ? [described.props] : []), ...results])
        data += Buffer.byteLength(JSON.stringify(item));
    }
    expect(Buffer.byteLength(text) / data, path).toBeLessThan(1.2);
  }
});

test("navigates without violating the content security policy", async ({
  visit,
}) => {
  // `visit` fails if the browser reports a violation.
  const { page } = await visit("/");
  await hydrated(page);
  for (const [name, title] of [
    ["Contact", "Contact us"],
    ["Rooms", "Rooms"],
    ["Functions", "Rust functions, called from React."],
  ] as const) {
    await menu(page, name).click();
    await expect(heading(page, title)).toBeVisible();
  }
  await page.screenshot({ path: "test-results/front-page.png" });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("links are links, and pages ask to sign in", async ({ page }) => {
    await page.goto("/");
    await menu(page, "Contact").click();
    await expect(heading(page, "Contact us")).toBeVisible();
    await page.goto("/admin/");
    await expect(page).toHaveURL("/sign-in/?next=%2Fadmin%2F");
    const form = page.getByRole("main");
    await form.getByLabel("Email address").fill("staff@example.com");
    await form.getByLabel("Password").fill(demoPassword);
    await form.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(form).toContainText("You are signed in as staff@");
    await page.goto("/admin/");
    await expect(heading(page, "Users")).toBeVisible();
  });
});

test("applies the scripts and styles of the head with the nonce of the document", async ({
  visit,
}) => {
  const { page } = await visit("/contact/");
  await hydrated(page);
  const head = `<style nonce="other">h1 { letter-spacing: 7px !important }</style>
    <script nonce="other">document.body.dataset.ran = Number(document.body.dataset.ran ?? 0) + 1</script>`;
  await page.route("**/rooms/lobby/", async (route) => {
    const response = await route.fetch();
    const [first = "", ...rest] = (await response.text()).split("\n");
    const description = JSON.parse(first) as { page: object };
    Object.assign(description.page, { head });
    const body = [JSON.stringify(description), ...rest].join("\n");
    await route.fulfill({ response, body });
  });
  const room = heading(page, "Rooms");
  await page.evaluate(() => {
    const link = document.querySelector<HTMLAnchorElement>(
      'nav a[href="/rooms/"]',
    )!;
    link.setAttribute("href", "/rooms/lobby/");
    link.click();
  });
  await expect(room).toHaveCSS("letter-spacing", "7px");
  await expect(page.locator("body")).toHaveAttribute("data-ran", "1");
  await page.goBack();
  await expect(heading(page, "Contact us")).not.toHaveCSS(
    "letter-spacing",
    "7px",
  );
  await page.goForward();
  await expect(room).toHaveCSS("letter-spacing", "7px");
  await expect(page.locator("body")).toHaveAttribute("data-ran", "2");
});

for (const [reducedMotion, expected] of [
  ["no-preference", 1],
  ["reduce", 0],
] as const)
  test(`a navigation is a view transition: ${reducedMotion}`, async ({
    visit,
    page,
  }) => {
    await page.emulateMedia({ reducedMotion });
    await visit("/");
    await hydrated(page);
    await page.evaluate(() => {
      const start = document.startViewTransition.bind(document);
      document.startViewTransition = (update) => {
        const { dataset } = document.documentElement;
        dataset["transitions"] = `${Number(dataset["transitions"] ?? 0) + 1}`;
        return start(update);
      };
    });
    await menu(page, "Contact").click();
    await expect(heading(page, "Contact us")).toBeFocused();
    const transitions = await page.evaluate(
      () => document.documentElement.dataset["transitions"] ?? "0",
    );
    expect(Number(transitions)).toBe(expected);
  });

test("a browser that saves data requests no page in advance", async ({
  visit,
  page,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "connection", {
      value: { saveData: true },
    });
  });
  await visit("/");
  await hydrated(page);
  const { navigations } = record(page);
  await menu(page, "Rooms").dispatchEvent("pointerover", {
    pointerType: "mouse",
  });
  await menu(page, "Rooms").focus();
  await page.evaluate(() =>
    document.querySelector<HTMLElement>('nav a[href="/contact/"]')!.click(),
  );
  await expect(heading(page, "Contact us")).toBeVisible();
  expect(navigations).toEqual(["/contact/"]);
});

test("focus and position survive back and forward", async ({ visit }) => {
  const { page } = await visit("/");
  await hydrated(page);
  await page.evaluate(() => scrollTo(0, 500));
  await page.evaluate(() =>
    document.querySelector<HTMLElement>('nav a[href="/contact/"]')!.click(),
  );
  await expect(heading(page, "Contact us")).toBeFocused();
  await page.goBack();
  await expect(
    heading(page, "Rust functions, called from React."),
  ).toBeFocused();
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(500);
  await page.goForward();
  await expect(heading(page, "Contact us")).toBeFocused();
});
