import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  server: {
    // The page comes from the Rust server, so references to Vite must be absolute.
    origin: "http://localhost:5173",
    port: 5173,
    strictPort: true,
  },
  build: {
    manifest: true,
    rolldownOptions: { input: "src/main.tsx" },
    // The server's content security policy does not allow data: URLs.
    assetsInlineLimit: 0,
  },
});
