/** Minimum time in milliseconds between two automatic reloads of a page. */
const minReloadInterval = 300_000;

const storageKey = "mizan.reloaded";

/**
 * Reloads a page that refers to a missing file. If a reload would not help, shows a notice and throws
 * `cause`.
 */
export async function recover(cause: unknown): Promise<never> {
  if (isReloadDue() && (await canReload()) && recordReload()) {
    location.reload();
    return new Promise(() => undefined);
  }
  offerReload();
  throw cause;
}

/** Shows a notice with a reload button. The page does not reload by itself, so the user can save entered text. */
export function offerReload(): void {
  showNotice(
    "This page could not be loaded completely. It may have been updated in the meantime.",
    "Reload the page",
    () => location.reload(),
  );
}

/** Shows a notice with a button at the top of the page, unless there is one. */
export function showNotice(
  message: string,
  label: string,
  action: () => void,
): void {
  if (findNotice()) return;
  const notice = document.createElement("div");
  notice.dataset["mizanIncomplete"] = "";
  notice.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent = message;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.onclick = action;
  notice.append(text, button);
  document.body.prepend(notice);
}

/** Removes the notice, because another page was loaded. */
export function removeNotice(): void {
  findNotice()?.remove();
}

function findNotice(): Element | null {
  return document.querySelector("body > [data-mizan-incomplete]");
}

/** Returns `false` without session storage, because the page might reload endlessly. */
function isReloadDue(): boolean {
  try {
    const last = Number(sessionStorage.getItem(storageKey));
    return Date.now() - last > minReloadInterval;
  } catch {
    return false;
  }
}

/** Stores the time of the reload. Returns `false` if the storage is full. */
function recordReload(): boolean {
  try {
    sessionStorage.setItem(storageKey, String(Date.now()));
    return true;
  } catch {
    return false;
  }
}

/** Returns whether a reload would succeed: the server is reachable and has a page at this URL. */
async function canReload(): Promise<boolean> {
  try {
    const { ok } = await fetch(location.href, {
      method: "HEAD",
      cache: "no-store",
    });
    return ok;
  } catch {
    return false;
  }
}
