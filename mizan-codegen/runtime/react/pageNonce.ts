/**
 * Returns the nonce of the page's content security policy, for libraries that add `<style>` elements in the browser:
 * `createCache({ key: "css", nonce: pageNonce() })`.
 *
 * It is `undefined` without a policy, and on the server, which adds the nonce to every `<style>` element itself.
 */
export function pageNonce(): string | undefined {
  if (typeof document === "undefined") return undefined;
  const meta = document.querySelector<HTMLMetaElement>(
    'head > meta[property="csp-nonce"]',
  );
  return meta?.nonce || undefined;
}
