import { expect, test as base } from "@playwright/test";
import { createApi, type Api } from "../src/mizan/client";

/** The generated client in Node.js, calling the running server. */
const test = base.extend<{ api: Api }>({
  api: async ({ baseURL }, use) => {
    await use(createApi({ baseUrl: `${baseURL}/api/mizan` }));
  },
});

for (const text of [
  "hi",
  "quotes \" ' ` and \\ and </script>",
  "\u0000\u0001\u2028\u2029\ufeff",
  "Ω≈ç√∫ 田中さん 👩‍👩‍👧‍👦 \ud83d\ude00",
  "+&=?#%20%",
]) {
  test(`echo returns ${JSON.stringify(text)} unchanged`, async ({ api }) => {
    expect(await api.echo({ text })).toEqual({ message: text });
    expect(await api.greet({ name: text })).toEqual({
      greeting: `Hello, ${text}!`,
    });
  });
}

test("reports the field that the server rejects", async ({ api }) => {
  const result = await api.echo.safe({ text: "x".repeat(281) });
  expect(result).toMatchObject({
    ok: false,
    error: {
      code: "invalid",
      status: 422,
      fields: { text: ["Must have 1 to 280 characters."] },
      outdated: false,
    },
  });
});

test("exposes the data of a declared error", async ({ api }) => {
  const result = await api.forms.contact.submit.safe({
    name: "Ada",
    email: "ada@nowhere.invalid",
    message: "I should like to know more.",
  });
  if (result.ok || result.error.code !== "undeliverable")
    throw new Error("it was taken");
  expect(result.error.domain).toBe("nowhere.invalid");
});

test("batches contexts that are requested together", async ({ api }) => {
  const [one, other] = await Promise.all([
    api.currentUser(),
    api.currentUser(),
  ]);
  expect([one, other]).toEqual([null, null]);
});

test("reports an outdated client if the function has changed", async ({
  baseURL,
}) => {
  const api = createApi({
    baseUrl: `${baseURL}/api/mizan`,
    fetch: (input, init) =>
      fetch(
        new Request(input, init).url.replace(
          /contract=\w+/,
          "contract=01234567",
        ),
        init,
      ),
  });
  // The function itself does not make the client outdated, only an input that it does not accept.
  await expect(api.staffReport.safe()).resolves.toMatchObject({
    error: { code: "unauthenticated", outdated: false },
  });
  const input = { name: 1 } as never;
  await expect(api.greet.safe(input)).resolves.toMatchObject({
    error: { code: "invalid", outdated: true },
  });
});
