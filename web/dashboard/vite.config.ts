import { defineConfig } from "vite";

export default defineConfig({
  // Pages live below `/` and `/track/`, so assets are named from the root.
  base: "/",
  build: {
    target: "es2022",
    // The map library alone is about a megabyte; it is loaded after the page.
    chunkSizeWarningLimit: 1_600,
    assetsInlineLimit: 0,
  },
  worker: { format: "es" },
  server: {
    proxy: { "/api": process.env["SKYHAUL_URL"] ?? "http://127.0.0.1:8080" },
  },
});
