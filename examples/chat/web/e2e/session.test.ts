import { expect, test } from "./page";

const reports = [
  "members_only",
  "staff_report",
  "superuser_report",
  "early_access",
] as const;

const users = [
  {
    name: "Member",
    email: "member@example.com",
    staff: "no",
    superuser: "no",
    may: ["members_only", "early_access"],
  },
  {
    name: "Staff",
    email: "staff@example.com",
    staff: "yes",
    superuser: "no",
    may: ["members_only", "staff_report"],
  },
  {
    name: "Superuser",
    email: "superuser@example.com",
    staff: "yes",
    superuser: "yes",
    may: ["members_only", "staff_report", "superuser_report"],
  },
];

test("visitors cannot call any report", async ({ chat }) => {
  for (const report of reports) {
    await expect(chat.outcome(report)).toContainText("401unauthenticated");
    await expect(chat.access(report)).toContainText("401unauthenticated");
  }
});

for (const user of users) {
  test(`${user.name} signs in and every panel updates`, async ({ chat }) => {
    await chat.switchTo(user.name);
    await expect(chat.outcome("current_user")).toContainText(
      new RegExp(
        `email${user.email}name.+staff${user.staff}superuser${user.superuser}`,
      ),
    );
    for (const report of reports) {
      const expected = user.may.includes(report) ? "200ok" : "403forbidden";
      await expect(chat.outcome(report)).toContainText(expected);
      await expect(chat.access(report)).toContainText(expected);
    }
    // One batch requests all contexts of the page.
    expect(chat.calls.filter((call) => call.endsWith("/batch"))).toHaveLength(
      1,
    );
  });
}

test("a second user sees no data of the first", async ({ chat }) => {
  await chat.switchTo("Superuser");
  await expect(
    chat.outcome("superuser_report").getByRole("heading"),
  ).toBeVisible();
  await chat.switchTo("Member");
  await expect(chat.outcome("superuser_report")).toContainText("403forbidden");
  await expect(
    chat.outcome("superuser_report").getByRole("heading"),
  ).toBeHidden();
  await expect(chat.outcome("members_only")).toContainText("Welcome back, ");
});

test("returns a typed error for a wrong password and a typed next step otherwise", async ({
  chat,
}) => {
  const panel = chat.panel("sign_in");
  await panel.getByLabel("Email address").fill("staff@example.com");
  await panel.getByLabel("Password").fill("wrong password");
  await panel.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(chat.outcome("sign_in")).toContainText("422wrong_credentials");
  await expect(chat.outcome("current_user")).toContainText(
    "You are not signed in",
  );

  await panel.getByRole("button", { name: "Staff", exact: true }).click();
  await expect(chat.outcome("sign_in")).toContainText(
    "Welcome, staff@example.com.",
  );
  await expect(chat.outcome("current_user")).toContainText(
    "emailstaff@example.com",
  );
  await expect(chat.outcome("staff_report")).toContainText("200ok");
});

test("sign-out clears all data", async ({ chat }) => {
  await chat.switchTo("Superuser");
  await expect(chat.outcome("superuser_report")).toContainText("200ok");
  await chat
    .panel("sign_out")
    .getByRole("button", { name: "Sign out" })
    .click();
  await expect(chat.outcome("sign_out")).toContainText("You are signed out.");
  await expect(chat.outcome("current_user")).toContainText(
    "You are not signed in",
  );
  for (const report of reports) {
    await expect(chat.outcome(report)).toContainText("401unauthenticated");
  }
});

test("the session survives a reload", async ({ chat }) => {
  await chat.switchTo("Member");
  await expect(chat.outcome("current_user")).toContainText(
    "emailmember@example.com",
  );
  await chat.page.reload();
  await expect(chat.outcome("current_user")).toContainText(
    "emailmember@example.com",
  );
  await expect(chat.outcome("early_access")).toContainText("200ok");
});
