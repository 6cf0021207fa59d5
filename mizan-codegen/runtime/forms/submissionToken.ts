import type { QueryClient } from "@tanstack/react-query";

/** Which form uses which token. */
const owners = new WeakMap<QueryClient, Map<string, object>>();

/**
 * The token for `form`: the given one, or one of its own where another form has that already. The same
 * form may stand on a page twice, or come back to it with a state that was kept.
 */
export function claimToken(
  client: QueryClient,
  form: object,
  token: string,
): string {
  let tokens = owners.get(client);
  if (!tokens) owners.set(client, (tokens = new Map()));
  const owner = tokens.get(token) ?? form;
  if (owner !== form) return newToken();
  tokens.set(token, form);
  return token;
}

/** A UUID of version 4. `crypto.randomUUID` would need HTTPS. */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte, index) => {
    const marked =
      index === 6 ? (byte & 15) | 64 : index === 8 ? (byte & 63) | 128 : byte;
    return marked.toString(16).padStart(2, "0");
  }).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
