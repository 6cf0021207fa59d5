import { defineConfig, devices } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  forbidOnly: Boolean(process.env["CI"]),
  reporter: "list",
  // The tests share one application.
  workers: 1,
  // Each change of Rust is compiled.
  timeout: 300_000,
  expect: { timeout: 120_000 },
  use: {
    ...devices["Desktop Chrome"],
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu"],
    },
  },
});
