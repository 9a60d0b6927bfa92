// SPDX-License-Identifier: LGPL-2.1-or-later
import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    // What --serve shows, and what the service shows.
    rollupOptions: { input: ["index.html", "service.html"] },
    target: "es2021",
    // The policy of the page allows no inline script, and no data: URL but
    // for pictures.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
});
