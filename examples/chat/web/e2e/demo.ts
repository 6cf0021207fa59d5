import type { Page } from "@playwright/test";

/** The password of the demo's accounts, as the sign-in page shows it. */
export const demoPassword = "open sesame, demo";

/** Signs the browser of `page` in with one of the demo's accounts. */
export async function signInByCall(page: Page, user: string): Promise<void> {
  await page.request.post("/api/mizan/call/sign_in.submit", {
    data: { email: `${user}@example.com`, password: demoPassword },
  });
}
