import { defineConfig, devices } from "@playwright/test";

/** Tests of a running server (`E2E_URL`), or of one that is started for them. */
export const url = process.env["E2E_URL"] ?? "http://localhost:8000";

/** The folder to which the server writes mails: its option `--mail-folder`. */
export const mailFolder =
  process.env["E2E_MAIL"] ?? `${import.meta.dirname}/test-results/mail`;

export default defineConfig({
  testDir: "e2e",
  forbidOnly: Boolean(process.env["CI"]),
  reporter: "list",
  workers: 1,
  // Password hashing is slow without optimizations.
  expect: { timeout: 15_000 },
  webServer: process.env["E2E_URL"]
    ? undefined
    : {
        command: "npm run build && cargo run",
        url,
        timeout: 600_000,
        env: { DATABASE: "test-results/e2e.db", MAIL_FOLDER: mailFolder },
      },
  use: {
    ...devices["Desktop Chrome"],
    baseURL: url,
    trace: "retain-on-failure",
    launchOptions: process.env["CHROMIUM"]
      ? { executablePath: process.env["CHROMIUM"], args: ["--no-sandbox"] }
      : {},
  },
});
