addEventListener(
  "error",
  async ({ target }) => {
    if (!(target instanceof HTMLScriptElement) || target.id !== "mizan-entry")
      return;
    try {
      const reloaded = Number(sessionStorage.getItem("mizan.reloaded"));
      if (Date.now() - reloaded > 300_000) {
        const { ok } = await fetch(location.href, {
          method: "HEAD",
          cache: "no-store",
        });
        if (ok) {
          sessionStorage.setItem("mizan.reloaded", String(Date.now()));
          return location.reload();
        }
      }
    } catch {}
    const notice = document.createElement("div");
    notice.dataset.mizanIncomplete = "";
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
  },
  true,
);
