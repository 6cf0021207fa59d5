import { gzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";

/**
 * Bytes of the scripts that a page loads with its document, gzipped. React DOM alone has 67,000. Live queries need the
 * connection of channels, about 8,000 bytes, on every page with queries.
 */
const limits = {
  "/": 112_500,
  "/contact/": 139_500,
  "/hello/": 75_000,
  "/rooms/lobby/": 114_000,
};

for (const [path, limit] of Object.entries(limits))
  test(`${path} loads less than ${limit} bytes of scripts`, async ({
    request,
  }) => {
    const html = await (await request.get(path)).text();
    const links = html.matchAll(
      /(?:rel="modulepreload" href|type="module" async src)="([^"]+)"/g,
    );
    const urls = new Set([...links].map(([, url]) => url ?? ""));
    let bytes = 0;
    for (const url of urls) {
      const response = await request.get(url);
      expect(response.headers()["cache-control"]).toContain("immutable");
      const script = await response.text();
      bytes += gzipSync(script, { level: 9 }).length;
      // The document links everything that a script imports.
      for (const [, name] of script.matchAll(/(?:from|import)"\.\/([^"]+)"/g))
        expect(urls).toContain(`/assets/${name}`);
    }
    expect(bytes).toBeGreaterThan(60_000);
    expect(bytes).toBeLessThan(limit);
  });
