import type { Page } from "@playwright/test";

/** The password of the demo accounts, as shown on the sign-in page. */
export const demoPassword = "open sesame, demo";

/** Signs in the browser of `page` with a demo account. */
export async function signInByCall(page: Page, user: string): Promise<void> {
  await page.request.post("/api/mizan/call/sign_in.submit", {
    data: { email: `${user}@example.com`, password: demoPassword },
  });
}
