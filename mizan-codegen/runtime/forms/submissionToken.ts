import type { QueryClient } from "@tanstack/react-query";

/** Tokens in use, with the form that uses each. */
const owners = new WeakMap<QueryClient, Map<string, object>>();

/**
 * Returns the idempotency token for `form`: `token`, or a new one if another form already uses `token`.
 * A page may contain the same form twice, or show it again with cached state.
 */
export function claimToken(
  client: QueryClient,
  form: object,
  token: string,
): string {
  const tokens = owners.get(client) ?? new Map<string, object>();
  owners.set(client, tokens);
  const owner = tokens.get(token) ?? form;
  if (owner !== form) return newToken();
  tokens.set(token, form);
  return token;
}

/** Returns a random UUID (version 4). `crypto.randomUUID` is available only over HTTPS. */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte, index) => {
    const marked =
      index === 6 ? (byte & 15) | 64 : index === 8 ? (byte & 63) | 128 : byte;
    return marked.toString(16).padStart(2, "0");
  }).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
