import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["runtime/tests/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
