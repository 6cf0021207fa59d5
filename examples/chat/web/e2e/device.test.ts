import { expect, test } from "@playwright/test";
import { deviceName } from "../src/device";
import { ago } from "../src/time";

for (const [userAgent, name] of [
  [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Firefox on Linux",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Chrome on Windows",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "Edge on Windows",
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Safari on macOS",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1",
    "Chrome on iPhone",
  ],
  [
    "Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Samsung Internet on Android",
  ],
  [
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Chrome on ChromeOS",
  ],
  ["Mozilla/5.0 (Windows NT 10.0)", "Unknown browser on Windows"],
  ["curl/8.9.1", "curl/8.9.1"],
  [" ", "Unknown device"],
  ["x".repeat(300), `${"x".repeat(60)}…`],
] as const)
  test(`names the device ${name.slice(0, 30)}`, () => {
    expect(deviceName(userAgent)).toBe(name);
  });

test("formats the time since a moment", () => {
  const now = new Date("2026-01-31T12:00:00Z");
  for (const [at, said] of [
    ["2026-01-31T11:59:30Z", "just now"],
    ["2026-01-31T11:55:00Z", "5 minutes ago"],
    ["2026-01-31T10:00:00Z", "2 hours ago"],
    ["2026-01-30T11:00:00Z", "yesterday"],
    ["2025-11-20T11:00:00Z", "2 months ago"],
  ] as const)
    expect(ago(new Date(at), now)).toBe(said);
});
