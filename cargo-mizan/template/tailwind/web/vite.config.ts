import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    manifest: true,
    rolldownOptions: { input: "src/main.tsx" },
    // The content security policy of the pages does not allow data: URLs.
    assetsInlineLimit: 0,
  },
});
