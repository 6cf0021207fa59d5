import { defineConfig, devices } from "@playwright/test";

export default defineConfig({
  testDir: "e2e",
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // A busy machine can starve a browser; the report lists retried tests.
  retries: process.env.CI ? 2 : 0,
  reporter: "list",
  workers: 2,
  // Password hashing is slow, particularly on a busy machine.
  expect: { timeout: 15_000 },
  use: {
    baseURL: process.env.MIZAN_BASE_URL ?? "http://127.0.0.1:8000",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "desktop", use: { viewport: { width: 1280, height: 800 } } },
    {
      name: "phone",
      testIgnore: ["client.test.ts", "development.test.ts", "widths.test.ts"],
      use: { ...devices["Pixel 7"], viewport: { width: 360, height: 740 } },
    },
  ],
});
