/** The members of a mouse event that determine what a click does. */
interface Click {
  readonly button: number;
  readonly metaKey: boolean;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly defaultPrevented: boolean;
}

/** Returns whether a click opens a link in the same tab. With a modifier it opens a tab or window, or downloads. */
export function isPlainClick(click: Click): boolean {
  return (
    click.button === 0 &&
    !click.defaultPrevented &&
    !(click.metaKey || click.ctrlKey || click.shiftKey || click.altKey)
  );
}

/** The members of a link that determine where it leads. */
interface LinkElement {
  readonly href: string;
  readonly target: string;
  hasAttribute(name: string): boolean;
}

/** Returns the URL to which a link navigates, or `undefined` if the browser has to follow the link itself. */
export function navigationUrl(
  link: LinkElement,
  current: { readonly href: string },
): URL | undefined {
  if (link.href === "" || (link.target !== "" && link.target !== "_self"))
    return undefined;
  if (link.hasAttribute("download")) return undefined;
  const url = new URL(link.href);
  const from = new URL(current.href);
  if (!/^https?:$/.test(url.protocol) || url.origin !== from.origin)
    return undefined;
  return isFragmentOf(url, from) ? undefined : url;
}

/** Returns whether a URL leads to a part of the page with the URL `page`. */
export function isFragmentOf(url: URL, page: URL): boolean {
  return isSamePage(url, page) && url.href.includes("#");
}

/** Returns whether two URLs differ at most in their fragments. */
export function isSamePage(one: URL, other: URL): boolean {
  return (
    one.origin === other.origin &&
    one.pathname === other.pathname &&
    one.search === other.search
  );
}
