import { defineConfig } from "@playwright/test";
import base from "./playwright.config";

/** Takes the pictures of the guide. `cargo xtask screenshots` starts the server. */
export default defineConfig({
  ...base,
  testDir: "screenshots",
  testMatch: "*.ts",
  fullyParallel: false,
  workers: 1,
  retries: 0,
  projects: [
    { name: "desktop", use: { viewport: { width: 1024, height: 640 } } },
  ],
});
