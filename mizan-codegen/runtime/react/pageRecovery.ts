/** A page that was reloaded is not reloaded again by itself for so long, in milliseconds. */
const reloadPause = 300_000;

const storageKey = "mizan.reloaded";

/**
 * Reloads a page of which a file is missing, and never returns then. Throws `cause` where that would
 * not help, and has the page say so.
 */
export async function recover(cause: unknown): Promise<never> {
  if (isReloadDue() && (await isServed()) && noteReload()) {
    location.reload();
    return new Promise(() => undefined);
  }
  offerReload();
  throw cause;
}

/** Says on the page that it is not whole. It is the user who reloads: they may have filled in a form. */
export function offerReload(): void {
  if (document.querySelector("body > [data-mizan-incomplete]")) return;
  const notice = document.createElement("div");
  notice.dataset["mizanIncomplete"] = "";
  notice.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent =
    "This page could not be loaded completely. It may have been updated in the meantime.";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Reload the page";
  button.onclick = () => location.reload();
  notice.append(text, button);
  document.body.prepend(notice);
}

/** Without storage nothing would keep the page from being reloaded again and again. */
function isReloadDue(): boolean {
  try {
    const last = Number(sessionStorage.getItem(storageKey));
    return Date.now() - last > reloadPause;
  } catch {
    return false;
  }
}

/** Returns whether it is noted: storage may be full. */
function noteReload(): boolean {
  try {
    sessionStorage.setItem(storageKey, String(Date.now()));
    return true;
  } catch {
    return false;
  }
}

/** Checks that a reload would load a page: not while offline, nor for the answer to a form's post. */
async function isServed(): Promise<boolean> {
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
