import { readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { signInByCall } from "./demo";
import { expect, test } from "./page";

/** Adds a meeting as the signed-in user. Returns its path. */
async function addMeeting(page: Page): Promise<string> {
  const reply = await page.request.post("/api/mizan/call/add_meeting");
  const { id } = (await reply.json()) as { readonly id: number };
  return `/meetings/${id}/`;
}

/** Returns the time that the server has stored for the meeting at a path. */
async function storedTime(page: Page, path: string): Promise<string> {
  const [id] = /\d+/.exec(path) ?? [];
  const input = encodeURIComponent(`{"id":${id}}`);
  const url = `/api/mizan/call/edit_meeting.state?input=${input}`;
  const reply = await page.request.get(url);
  const state = (await reply.json()) as {
    readonly values: { readonly begins_at: string };
  };
  return state.values.begins_at;
}

const saved = (page: Page) => page.getByRole("status");
const save = (page: Page) => page.getByRole("button", { name: "Save meeting" });
const beginsAt = (page: Page) => page.getByLabel("Begins at");

test.describe("in a time zone that is not UTC", () => {
  // 5:45 hours ahead of UTC, without summer time.
  test.use({ timezoneId: "Asia/Kathmandu" });

  test("a meeting is edited in the local time", async ({ visit, page }) => {
    await signInByCall(page, "member");
    const path = await addMeeting(page);
    const stored = await storedTime(page, path);
    const local = new Date(Date.parse(stored) + (5 * 60 + 45) * 60_000);
    await visit(path);
    await expect(beginsAt(page)).toHaveValue(local.toISOString().slice(0, 16));

    const title = `Nepali lunch ${path}`;
    await page.getByLabel("Title").fill(title);
    await beginsAt(page).fill("2026-11-05T12:30");
    await save(page).click();
    await expect(saved(page)).toContainText("The meeting was saved.");
    expect(await storedTime(page, path)).toBe("2026-11-05T06:45:00Z");

    await page.goto("/meetings/");
    const row = page.getByRole("listitem").filter({ hasText: title });
    await expect(row).toContainText("12:30");
    await row.getByRole("link", { name: `Edit ${title}` }).click();
    await expect(beginsAt(page)).toHaveValue("2026-11-05T12:30");
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations).toEqual([]);
  });

  test.describe("without JavaScript", () => {
    test.use({ javaScriptEnabled: false });

    test("a meeting is edited in UTC, and an error keeps the values", async ({
      page,
    }) => {
      await signInByCall(page, "member");
      const path = await addMeeting(page);
      const stored = await storedTime(page, path);
      await page.goto(path);
      await expect(beginsAt(page)).toHaveValue(stored.slice(0, 16));

      await page.getByLabel("Title").fill("x".repeat(61));
      await beginsAt(page).fill("2026-11-05T12:30");
      const rejected = page.waitForResponse((reply) => reply.status() === 422);
      await page.getByLabel("Title").evaluate((input) => {
        input.removeAttribute("maxlength");
      });
      await page.getByLabel("Title").fill("x".repeat(61));
      await save(page).click();
      await rejected;
      await expect(page.getByLabel("Title")).toHaveAccessibleDescription(
        /Must have at most 60 characters\./,
      );
      await expect(beginsAt(page)).toHaveValue("2026-11-05T12:30");

      await page.getByLabel("Title").fill("Lunch");
      await save(page).click();
      await expect(saved(page)).toContainText("The meeting was saved.");
      expect(await storedTime(page, path)).toBe("2026-11-05T12:30:00Z");
    });
  });
});

test.describe("where the clocks are moved", () => {
  test.use({ timezoneId: "Europe/Berlin" });

  test("a time that the clocks skip is an error", async ({ visit, page }) => {
    await signInByCall(page, "member");
    const path = await addMeeting(page);
    await visit(path);
    await beginsAt(page).fill("2027-03-28T02:30");
    await save(page).click();
    await expect(beginsAt(page)).toHaveAccessibleDescription(
      /This time does not exist in the time zone Europe\/Berlin/,
    );
    // The earlier of the two.
    await beginsAt(page).fill("2026-10-25T02:30");
    await save(page).click();
    await expect(saved(page)).toContainText("The meeting was saved.");
    expect(await storedTime(page, path)).toBe("2026-10-25T00:30:00Z");
  });
});

test("only its host can read and change a meeting", async ({
  page,
  request,
}) => {
  const call = (name: string, id: number, data: object = {}) =>
    page.request.post(`/api/mizan/call/edit_meeting.${name}`, {
      data: { id, ...data },
    });
  await signInByCall(page, "member");
  const path = await addMeeting(page);
  const id = Number(/\d+/.exec(path)?.[0]);
  const values = { title: "Mine now", begins_at: "2026-11-05T12:30:00Z" };
  const anonymous = await request.post("/api/mizan/call/edit_meeting.submit", {
    data: { id, ...values },
  });
  expect(anonymous.status()).toBe(401);

  await signInByCall(page, "staff");
  for (const name of ["state", "submit"]) {
    const forbidden = await call(name, id, name === "submit" ? values : {});
    expect(forbidden.status(), name).toBe(403);
    expect(await forbidden.text()).not.toContain("New meeting");
    const missing = await call(
      name,
      999_999_999,
      name === "submit" ? values : {},
    );
    expect(missing.status(), name).toBe(404);
  }
  for (const [address, status, title] of [
    [path, 403, "No access"],
    ["/meetings/999999999/", 404, "Page not found"],
  ] as const) {
    const reply = await page.goto(address);
    expect(reply?.status(), address).toBe(status);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
    await expect(page.locator("main form")).toHaveCount(0);
  }
});

test("the meetings are saved as a file with a name", async ({
  page,
  visit,
}) => {
  await signInByCall(page, "member");
  const path = await addMeeting(page);
  const id = Number(/\d+/.exec(path)?.[0]);
  const title = `Déjeuner ☕ ${path}`;
  await page.request.post("/api/mizan/call/edit_meeting.submit", {
    data: { id, title, begins_at: "2026-11-05T12:30:00Z" },
  });
  await visit("/meetings/");
  const event = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as a file" }).click();
  const download = await event;
  expect(download.suggestedFilename()).toMatch(/^Meetings for .+\.txt$/);
  const content = await readFile(await download.path(), "utf8");
  expect(content).toMatch(
    new RegExp(`^2026-11-05T12:30:00Z  ${title}, with .+$`, "m"),
  );
});

test("the next meeting of a host is opened", async ({ visit, page }, info) => {
  // The projects run at the same time, and a host has one next meeting.
  const host = info.project.name === "phone" ? "staff" : "member";
  await signInByCall(page, host);
  const path = await addMeeting(page);
  const [id] = /\d+/.exec(path) ?? [];
  const moveTo = (time: Date) =>
    page.request.post("/api/mizan/call/edit_meeting.submit", {
      data: {
        id: Number(id),
        title: "Soon",
        begins_at: time.toISOString(),
      },
    });
  await moveTo(new Date(Date.now() + 24 * 3600 * 1000));
  try {
    await visit("/meetings/");
    await page.getByRole("button", { name: "My next meeting" }).click();
    await page.waitForURL(`**${path}`);
    await expect(page.getByLabel("Title")).toHaveValue("Soon");

    // A browser that opens the address of the function is redirected by the server.
    await page.goto("/api/mizan/call/next_meeting");
    expect(new URL(page.url()).pathname).toBe(path);
  } finally {
    // The next run of this test has an earlier meeting otherwise.
    await moveTo(new Date(Date.now() - 24 * 3600 * 1000));
  }
});
