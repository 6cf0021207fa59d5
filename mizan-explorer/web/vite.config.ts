import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/_mizan/files/",
  plugins: [react()],
  build: {
    manifest: true,
    rolldownOptions: { input: "src/main.tsx" },
    // The content security policy allows scripts and fonts only as files.
    assetsInlineLimit: 0,
  },
});
