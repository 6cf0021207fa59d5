import { isLocalPath } from "../navigation/localPath";
import { openPage } from "../react/currentPage";

/** A redirect that a function returned. */
export interface Redirect {
  /** A path of this site, or a URL of another site that the server allows. */
  readonly location: string;
  /** Opens the location in place of the page. */
  readonly follow: () => void;
}

/** Converts the redirect in a reply from JSON. */
export function toRedirect(json: unknown): Redirect {
  const { location } = (json ?? {}) as { readonly location?: unknown };
  if (typeof location !== "string") throw new Error("has no location");
  return { location, follow: () => follow(location) };
}

function follow(target: string): void {
  if (typeof document === "undefined")
    throw new Error(
      `cannot open ${target} outside of a browser: read \`location\` of the redirect in place of \`follow\``,
    );
  if (isLocalPath(target)) openPage(target, "push");
  else if (/^https?:\/\//i.test(target)) location.assign(target);
  else throw new Error(`cannot open ${target}: it is not a URL of the web`);
}
