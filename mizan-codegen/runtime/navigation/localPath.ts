/**
 * Returns whether every browser resolves `path` to a URL of this site. `//example.com` and `/\example.com` are
 * other sites, and browsers remove tabs and line breaks before they parse a URL.
 */
export function isLocalPath(path: string): boolean {
  return /^\/(?!\/)[!-[\]-~]*$/.test(path);
}
