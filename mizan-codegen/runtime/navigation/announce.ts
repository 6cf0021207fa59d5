/**
 * Moves the focus to the new page, as after loading a document, and announces its title to screen readers.
 *
 * An element that received the focus while the page was rendered, such as one with `autoFocus`, keeps it.
 */
export function announcePage(focusedBefore: Element | null): void {
  const { activeElement } = document;
  const hasOwnFocus =
    activeElement !== null &&
    activeElement !== document.body &&
    activeElement !== focusedBefore;
  if (!hasOwnFocus) focus(mainElement());
  announcement().textContent = document.title;
}

/** Focuses an element that may not be focusable, without scrolling. */
export function focus(element: HTMLElement | null): void {
  if (!element) return;
  if (!element.hasAttribute("tabindex")) {
    element.tabIndex = -1;
    const removeTabIndex = (): void => element.removeAttribute("tabindex");
    element.addEventListener("blur", removeTabIndex, { once: true });
  }
  element.focus({ preventScroll: true });
}

function mainElement(): HTMLElement | null {
  return (
    document.querySelector<HTMLElement>("#mizan-root main h1") ??
    document.querySelector<HTMLElement>("#mizan-root h1") ??
    document.querySelector<HTMLElement>("#mizan-root main") ??
    document.getElementById("mizan-root")
  );
}

/** Returns the region with the announcement, which has to exist before its text changes. */
function announcement(): HTMLElement {
  const existing = document.querySelector<HTMLElement>(
    "body > [data-mizan-announcement]",
  );
  if (existing) return existing;
  const region = document.createElement("div");
  region.dataset["mizanAnnouncement"] = "";
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  // Visible only to screen readers. The content security policy allows styles that scripts set.
  Object.assign(region.style, {
    position: "absolute",
    width: "1px",
    height: "1px",
    margin: "-1px",
    overflow: "hidden",
    clipPath: "inset(50%)",
    whiteSpace: "nowrap",
  });
  document.body.append(region);
  return region;
}
