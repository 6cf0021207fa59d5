import { defineConfig } from "@playwright/test";
import config from "./playwright.config";

/** Measures `cargo mizan dev` instead of testing it. */
export default defineConfig(config, { testMatch: "times.ts" });
