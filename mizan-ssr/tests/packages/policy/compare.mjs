// Compares the pages under `/strict/` with those under `/plain/` of a server, and prints a report for each page.
import { chromium } from "@playwright/test";

const [origin, ...pages] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

/** Opens a page, and returns the styles of its elements before and after the click, and the browser's reports. */
async function open(path) {
  const page = await browser.newPage();
  const reports = [];
  page.on("pageerror", (error) => reports.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) reports.push(message.text());
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`violation of ${event.effectiveDirective}: ${event.blockedURI}`),
    );
  });
  await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
  await page.goto(`${origin}${path}`);
  // React attaches its listeners when it hydrates.
  await page.waitForFunction(() =>
    Object.keys(document.querySelector("#more")).some((key) => key.startsWith("__react")),
  );
  const hydrated = await styles(page);
  await page.click("#more");
  await page.waitForSelector("#added");
  const added = await styles(page);
  await page.close();
  return { hydrated, added, reports };
}

/** Returns the computed styles of the body and all elements of the page, one text for each. */
function styles(page) {
  return page.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return [document.body, ...document.querySelectorAll("#mizan-root *:not(style)")].map((element) => {
      const style = getComputedStyle(element);
      const values = Array.from(style, (name) => `${name}: ${style.getPropertyValue(name)}`);
      return [...new Set(values), element.tagName].sort().join("; ");
    });
  });
}

function differences(strict, plain) {
  const found = [];
  if (strict.length !== plain.length) found.push(`${strict.length} instead of ${plain.length} elements`);
  strict.forEach((text, at) => {
    if (text === plain[at]) return;
    const [expected, actual] = [plain[at] ?? "", text].map((all) => all.split("; "));
    const missing = expected.filter((value) => !actual.includes(value));
    const added = actual.filter((value) => !expected.includes(value));
    found.push(`${missing.join("; ")} became ${added.join("; ")}`);
  });
  return found;
}

const report = {};
for (const name of pages) {
  const strict = await open(`/strict/${name}`);
  const plain = await open(`/plain/${name}`);
  report[name] = {
    elements: strict.added.length,
    hydrated: differences(strict.hydrated, plain.hydrated),
    added: differences(strict.added, plain.added),
    reports: strict.reports,
  };
}
await browser.close();
console.log(JSON.stringify(report));
