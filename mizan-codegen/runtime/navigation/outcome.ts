import { isLocalPath } from "./localPath";

/** `mizan-ssr/src/page/outcome.rs` has the same value. */
const digestPrefix = "mizan-page:";

/** The answer of a component instead of markup. React passes `digest` from the server to the browser. */
class PageOutcome extends Error {
  readonly digest: string;

  constructor(outcome: string) {
    super(`the page answered: ${outcome}`);
    this.name = "PageOutcome";
    this.digest = digestPrefix + outcome;
  }
}

/**
 * Answers that the page does not exist. Call it while a component renders.
 *
 * Before the first part of the page was sent, the server responds with status 404 and the page of
 * `Pages::not_found`. Later, the browser replaces the page.
 */
export function notFound(): never {
  throw new PageOutcome("not_found");
}

/**
 * Answers that the visitor has to sign in first. Call it while a component renders.
 *
 * The server, or later the browser, redirects to the path of `Pages::sign_in`, whose parameter `next` leads back.
 */
export function unauthorized(): never {
  throw new PageOutcome("unauthorized");
}

/** Answers that the visitor has no access, with the page of `Pages::forbidden`. Call it while a component renders. */
export function forbidden(): never {
  throw new PageOutcome("forbidden");
}

/** Options of {@link redirect}. */
export interface RedirectOptions {
  /** Allows browsers to remember the redirect: status 308 instead of 307. */
  readonly permanent?: boolean;
}

/**
 * Answers that the page is at another path of this site. Call it while a component renders.
 *
 * `path` begins with one `/`, and may have a query and a fragment. Characters outside of ASCII have to be
 * percent-encoded. Throws a `TypeError` for everything that could lead to another site.
 */
export function redirect(
  path: string,
  { permanent = false }: RedirectOptions = {},
): never {
  if (!isLocalPath(path))
    throw new TypeError(
      `cannot redirect to ${JSON.stringify(path)}: it is not an absolute path of this site`,
    );
  throw new PageOutcome(`${permanent ? "permanent_" : ""}redirect:${path}`);
}

/** An outcome that a component threw. */
export type Outcome =
  | { readonly kind: "not_found" | "unauthorized" | "forbidden" }
  | { readonly kind: "redirect"; readonly path: string };

/**
 * Returns the outcome of an error that no boundary of the application caught: that of a function of this module,
 * or of a call that failed with status 401, 403 or 404.
 */
export function outcomeOf(error: unknown): Outcome | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { digest, name, status } = error as {
    readonly [member in "digest" | "name" | "status"]?: unknown;
  };
  if (name === "CallError") {
    if (status === 401) return { kind: "unauthorized" };
    if (status === 403) return { kind: "forbidden" };
    return status === 404 ? { kind: "not_found" } : undefined;
  }
  if (typeof digest !== "string" || !digest.startsWith(digestPrefix))
    return undefined;
  const outcome = digest.slice(digestPrefix.length);
  if (
    outcome === "not_found" ||
    outcome === "unauthorized" ||
    outcome === "forbidden"
  )
    return { kind: outcome };
  const path = /^(?:permanent_)?redirect:(.*)$/.exec(outcome)?.[1];
  return path !== undefined && isLocalPath(path)
    ? { kind: "redirect", path }
    : undefined;
}
