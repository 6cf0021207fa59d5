import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // Tests take longer on a busy machine.
    testTimeout: 20_000,
  },
});
