import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    // The clients of the cases in `tests/cases` come without the runtime.
    alias: [
      {
        find: /^\.\/runtime\//,
        replacement: fileURLToPath(new URL("./runtime/", import.meta.url)),
      },
    ],
  },
  test: {
    include: ["runtime/tests/**/*.test.{ts,tsx}"],
    // A busy machine takes its time.
    testTimeout: 20_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
