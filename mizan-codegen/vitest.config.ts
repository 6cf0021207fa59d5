import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    // The generated clients in `tests/cases` do not contain the runtime.
    alias: [
      {
        find: /^\.\/runtime\//,
        replacement: fileURLToPath(new URL("./runtime/", import.meta.url)),
      },
    ],
  },
  test: {
    include: ["runtime/tests/**/*.test.{ts,tsx}"],
    // Tests take longer on a busy machine.
    testTimeout: 20_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
