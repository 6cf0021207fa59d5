import {
  forwardRef,
  useEffect,
  type AnchorHTMLAttributes,
  type ForwardRefExoticComponent,
  type MouseEvent,
  type RefAttributes,
} from "react";
import { isPlainClick, navigationUrl } from "./clicks";
import { pageNavigator, type NavigateOptions } from "./navigator";

/** Props of {@link Link}: those of `<a>`, and the options of the navigation. */
export interface LinkProps
  extends AnchorHTMLAttributes<HTMLAnchorElement>, NavigateOptions {
  readonly href: string;
  /**
   * The time at which the data of the page is requested in advance: as soon as the user points to the link or focuses it
   * (`intent`, the default), when the link is rendered, or never. At most two pages are requested at once, and none
   * if the browser saves data.
   */
  readonly prefetch?: "intent" | "render" | "none" | undefined;
}

/**
 * A link to a page of this site, which opens without loading a document: the layout and the cache of queries
 * persist.
 *
 * It is an `<a>`, so that it works without JavaScript. The browser itself handles clicks with a modifier, the
 * attributes `target` and `download`, fragments of the same page, and other sites.
 */
export const Link: ForwardRefExoticComponent<
  LinkProps & RefAttributes<HTMLAnchorElement>
> = forwardRef<HTMLAnchorElement, LinkProps>(function Link(props, ref) {
  const {
    prefetch = "intent",
    replace,
    scroll,
    preserve,
    viewTransition,
    onClick,
    onPointerEnter,
    onTouchStart,
    onFocus,
    ...anchor
  } = props;
  const { href } = anchor;

  useEffect(() => {
    const navigator = pageNavigator();
    if (prefetch === "render") navigator?.prefetch(href);
  }, [prefetch, href]);

  function prefetchNow({
    currentTarget,
  }: {
    readonly currentTarget: HTMLAnchorElement;
  }): void {
    if (prefetch !== "intent") return;
    const url = navigationUrl(currentTarget, location);
    if (url) pageNavigator()?.prefetch(url.href);
  }

  function follow(event: MouseEvent<HTMLAnchorElement>): void {
    onClick?.(event);
    const url =
      isPlainClick(event) && navigationUrl(event.currentTarget, location);
    const navigator = url && pageNavigator();
    if (!navigator) return;
    event.preventDefault();
    const options = { replace, scroll, preserve, viewTransition };
    void navigator.navigate(url.href, options);
  }

  return (
    <a
      {...anchor}
      ref={ref}
      onClick={follow}
      onPointerEnter={(event) => {
        onPointerEnter?.(event);
        // A finger that scrolls enters links, too.
        if (event.pointerType === "mouse") prefetchNow(event);
      }}
      onTouchStart={(event) => {
        onTouchStart?.(event);
        prefetchNow(event);
      }}
      onFocus={(event) => {
        onFocus?.(event);
        prefetchNow(event);
      }}
    />
  );
});
