// Builds the pages into the folder that the argument names.
import { fileURLToPath } from "node:url";
import { build } from "vite";

await build({
  root: fileURLToPath(new URL(".", import.meta.url)),
  configFile: false,
  logLevel: "error",
  build: {
    outDir: process.argv[2],
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    rolldownOptions: { input: "main.tsx" },
  },
});
