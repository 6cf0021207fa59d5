/**
 * Calls the chat example with openapi-fetch and the types that openapi-typescript generated. `chat.test.ts` compiles and
 * runs this file.
 */
import createClient from "openapi-fetch";

import type { paths } from "./dist/chat.js";

export async function useChat(baseUrl: string) {
  const client = createClient<paths>({ baseUrl });

  const greet = await client.GET("/call/greet", {
    params: { query: { input: JSON.stringify({ name: "Mia & Ole" }) } },
  });
  const greeting: string | undefined = greet.data?.greeting;

  const echo = await client.POST("/call/echo", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { text: "hi" },
  });
  const message: string | undefined = echo.data?.message;

  // @ts-expect-error: the argument is missing
  const invalid = await client.POST("/call/echo", { body: {} });

  const contact = await client.POST("/call/contact.submit", {
    body: {
      name: "Mia",
      email: "mia@example.invalid",
      message: "Hello from TypeScript.",
    },
  });
  let domain: string | undefined;
  // The code tells the error types apart.
  if (contact.error?.code === "undeliverable") {
    domain = contact.error.data.domain;
  }

  const report = await client.GET("/call/staff_report");
  const refused = report.error?.code;

  return {
    greeting,
    message,
    invalid: invalid.error?.fields,
    domain,
    refused,
    status: report.response.status,
  };
}
