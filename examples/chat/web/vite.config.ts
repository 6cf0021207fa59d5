import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: { "/api": process.env.MIZAN_SERVER ?? "http://127.0.0.1:8000" },
  },
  build: {
    manifest: true,
    // The server's content security policy has no place for data: addresses.
    assetsInlineLimit: 0,
  },
});
