const browsers = [
  ["Edge", /\bEdg(?:e|A|iOS)?\//],
  ["Opera", /\bOPR\//],
  ["Samsung Internet", /\bSamsungBrowser\//],
  ["Firefox", /\b(?:Firefox|FxiOS)\//],
  ["Chrome", /\b(?:HeadlessChrome|Chrome|CriOS)\//],
  ["Safari", /\bVersion\/.*\bSafari\//],
] as const;

// The order matters: the user agent of Android contains "Linux", that of iPhone "Mac OS X".
const systems = [
  ["iPhone", /\biPhone\b/],
  ["iPad", /\biPad\b/],
  ["Android", /\bAndroid\b/],
  ["Windows", /\bWindows\b/],
  ["ChromeOS", /\bCrOS\b/],
  ["macOS", /\bMac(?:intosh| OS X)\b/],
  ["Linux", /\bLinux\b/],
] as const;

const longest = 60;

/** Describes a `User-Agent`: "Firefox on Linux". Programs other than browsers keep their own name. */
export function deviceName(userAgent: string): string {
  const browser = nameIn(browsers, userAgent);
  const system = nameIn(systems, userAgent);
  if (browser && system) return `${browser} on ${system}`;
  if (browser ?? system) return browser ?? `Unknown browser on ${system}`;
  const name = userAgent.trim();
  if (name === "") return "Unknown device";
  return name.length > longest ? `${name.slice(0, longest)}…` : name;
}

function nameIn(
  names: readonly (readonly [string, RegExp])[],
  userAgent: string,
): string | undefined {
  return names.find(([, pattern]) => pattern.test(userAgent))?.[0];
}
