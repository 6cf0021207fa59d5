import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { get } from "node:http";
import { promisify } from "node:util";
import { expect, test, type Page } from "@playwright/test";
import { Development, Sources, setting } from "./application";

const folder = setting("APPLICATION");
const sources = new Sources(folder);

/** A function whose type is wrong. */
const wrongType = 'pub fn wrong_type() -> i64 { "text" }';

/** A function whose hook would have the name of another export of the client. */
const wrongName = `
/// Has the name of the client.
#[client(query, auth = "anyone")]
pub async fn api() -> Result<i64, Error> {
    Ok(1)
}
`;

const countNotes = `
/// Counts the notes.
#[client(query, auth = "anyone")]
pub async fn count_notes(cx: &Cx) -> Result<i64, Error> {
    let (count,) = sqlx::query_as("SELECT count(*) FROM notes")
        .fetch_one(cx.state::<Database>())
        .await?;
    Ok(count)
}
`;

let development: Development;
let address: string;
let notes: string;

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  notes = await sources.read("src/notes.rs");
  // The first build fails, so that browsers see the page of a server that cannot start.
  await sources.write("src/notes.rs", `${notes}\n${wrongType}\n`);
  development = Development.start(folder, {
    DATABASE: setting("DATABASE"),
    RUST_LOG: "error",
  });
  address = (await development.until(/http:\/\/localhost:\d+/))[0];
});

test.afterAll(async () => {
  expect(await development.stop()).toBe(0);
});

const overlay = (page: Page) => page.locator("vite-error-overlay");
const heading = (page: Page) => page.getByRole("heading", { level: 1 });

/** Opens a page and waits until it is hydrated. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(address + path);
  await expect(page.getByText("Live")).toBeVisible();
  await mark(page);
}

/** Marks the document, so that a reload is noticed. */
function mark(page: Page): Promise<void> {
  return page.evaluate(() => {
    document.documentElement.dataset["kept"] = "";
  });
}

/** Locates the document if it was not reloaded since it was marked. */
const kept = (page: Page) => page.locator("html[data-kept]");

/** Returns the status of a request on a connection of its own. */
function status(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(address + path, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
}

function isReset(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && error.code === "ECONNRESET"
  );
}

test("a page shows the error of rustc until the first server runs", async ({
  page,
}) => {
  await development.until(/FAILED build/);
  await page.goto(address);
  await expect(page.getByRole("alert")).toContainText("mismatched types");
  const line = await sources.line("src/notes.rs", wrongType);
  await expect(page.getByRole("alert")).toContainText(`src/notes.rs:${line}`);
  await sources.write("src/notes.rs", notes);
  await expect(heading(page)).toHaveText("Your application is running.");
});

test("a change of a component keeps the state of the page", async ({
  page,
}) => {
  await page.goto(`${address}/sign-up/`);
  // Hydration adds the attribute.
  await expect(page.locator("form[novalidate]")).toBeVisible();
  await mark(page);
  await page.getByLabel("Email").fill("ada@example.com");
  const file = "web/src/pages/SignUp.tsx";
  const old = await sources.edit(file, "an account?", "an account already?");
  await expect(page.getByText("You have an account already?")).toBeVisible();
  await expect(page.getByLabel("Email")).toHaveValue("ada@example.com");
  await expect(kept(page)).toHaveCount(1);
  await sources.write(file, old);
  await expect(page.getByText("You have an account?")).toBeVisible();
  await expect(kept(page)).toHaveCount(1);
});

test("an error of TypeScript is shown with its line until it is repaired", async ({
  page,
}) => {
  await open(page, "/");
  const file = "web/src/pages/Home.tsx";
  const wrong = 'export const wrong: number = "text";';
  const old = await sources.read(file);
  await sources.write(file, `${old}${wrong}\n`);
  await expect(overlay(page)).toContainText("error TS2322");
  const line = await sources.line(file, wrong);
  await expect(overlay(page)).toContainText(`pages/Home.tsx(${line},`);
  await sources.write(file, old);
  await expect(overlay(page)).toHaveCount(0);
  await expect(kept(page)).toHaveCount(0);
  await expect(heading(page)).toHaveText("Your application is running.");
});

test("an error of rendering is shown with its line until it is repaired", async ({
  page,
}) => {
  const file = "web/src/pages/Home.tsx";
  const wrong = 'if (parts.length > 0) throw new Error("out of order");';
  const start = "Home(): ReactNode {";
  const old = await sources.edit(file, start, `${start}\n  ${wrong}`);
  await page.goto(address);
  await expect(overlay(page)).toContainText("out of order");
  const line = await sources.line(file, wrong);
  await expect(overlay(page)).toContainText(`pages/Home.tsx:${line}`);
  await sources.write(file, old);
  await expect(heading(page)).toHaveText("Your application is running.");
  await expect(overlay(page)).toHaveCount(0);
});

test("a component that is deleted while it renders is named until it is back", async ({
  page,
}) => {
  await open(page, "/");
  const file = "web/src/components/Notes.tsx";
  const old = await sources.read(file);
  const requests = Array.from({ length: 8 }, () => status("/"));
  await rm(sources.path(file));
  for (const answer of await Promise.all(requests))
    expect([200, 500]).toContain(answer);
  await expect(overlay(page)).toContainText("components/Notes");
  await page.goto(address);
  await expect(page.locator("body")).toContainText("components/Notes");
  await expect(page.locator("body")).toContainText("pages/Home.tsx");
  await sources.write(file, old);
  await expect(heading(page)).toHaveText("Your application is running.");
  await expect(page.getByText("Live")).toBeVisible();
  await expect(overlay(page)).toHaveCount(0);
});

test("errors of Rust are shown with their lines while the last server answers", async ({
  page,
}) => {
  await open(page, "/");
  await sources.write("src/notes.rs", `${notes}\n${wrongType}\n`);
  await expect(overlay(page)).toContainText("mismatched types");
  const typeLine = await sources.line("src/notes.rs", wrongType);
  await expect(overlay(page)).toContainText(`src/notes.rs:${typeLine}`);
  expect(await status("/")).toBe(200);

  await sources.write("src/notes.rs", notes + wrongName);
  await sources.edit("src/lib.rs", "LatestNotes,", "Api, LatestNotes,");
  await sources.edit(
    "src/lib.rs",
    ".function::<LatestNotes>()",
    ".function::<LatestNotes>()\n        .function::<Api>()",
  );
  await expect(overlay(page)).toContainText("`useApi`");
  const nameLine = await sources.line("src/notes.rs", "pub async fn api()");
  await expect(overlay(page)).toContainText(
    `function \`api\` (src/notes.rs:${nameLine})`,
  );
  expect(await status("/")).toBe(200);
  await expect(kept(page)).toHaveCount(1);
});

test("a new function reaches the page, and no request fails during the restart", async ({
  page,
}) => {
  await page.goto(address);
  await expect(overlay(page)).toBeVisible();
  await mark(page);
  let isRestarted = false;
  const failures: unknown[] = [];
  const request = async () => {
    while (!isRestarted) {
      // As a browser does, repeats a request whose connection the server closed before it read the request.
      const answer = await status("/health/live")
        .catch((error: unknown) => {
          if (!isReset(error)) throw error;
          return status("/health/live");
        })
        .catch((error: unknown) => error);
      if (answer !== 200) failures.push(answer);
    }
  };
  const requests = [request(), request()];
  await sources.write("src/notes.rs", notes + countNotes);
  const registry = await sources.read("src/lib.rs");
  await sources.write("src/lib.rs", registry.replaceAll("Api", "CountNotes"));
  // The overlay goes with a reload, which follows the restart.
  await expect(kept(page)).toHaveCount(0);
  await expect(overlay(page)).toHaveCount(0);
  expect(await status("/api/mizan/call/count_notes")).toBe(200);
  isRestarted = true;
  await Promise.all(requests);
  expect(failures).toEqual([]);

  const file = "web/src/components/Notes.tsx";
  await sources.edit(
    file,
    "useLatestNotes,",
    "useCountNotes,\n  useLatestNotes,",
  );
  await sources.edit(
    file,
    "const latest = useLatestNotes();",
    "const latest = useLatestNotes();\n  const count = useCountNotes();",
  );
  await sources.edit(
    file,
    "No notes yet.",
    'There are {String(count.data ?? "…")} notes.',
  );
  await expect(page.getByText("There are 0 notes.")).toBeVisible();
  await expect(overlay(page)).toHaveCount(0);
});

test("the check of access fails after the new function", async () => {
  const check = promisify(execFile)(
    setting("CARGO_MIZAN"),
    ["mizan", "access", "--check"],
    { cwd: folder },
  );
  const failure: unknown = await check.catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 1 });
  expect(String(failure)).toContain("policies changed");
  expect(String(failure)).toContain(
    "+| `count_notes` | yes | yes | yes | yes |",
  );
});
