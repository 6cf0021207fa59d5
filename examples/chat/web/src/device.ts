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

const maxNameLength = 60;

/** Returns the name of a device from its `User-Agent`, such as "Firefox on Linux", or the text for other programs. */
export function deviceName(userAgent: string): string {
  const browser = nameIn(browsers, userAgent);
  const system = nameIn(systems, userAgent);
  if (browser && system) return `${browser} on ${system}`;
  if (browser ?? system) return browser ?? `Unknown browser on ${system}`;
  const name = userAgent.trim();
  if (name === "") return "Unknown device";
  return name.length > maxNameLength
    ? `${name.slice(0, maxNameLength)}…`
    : name;
}

function nameIn(
  names: readonly (readonly [string, RegExp])[],
  userAgent: string,
): string | undefined {
  return names.find(([, pattern]) => pattern.test(userAgent))?.[0];
}
