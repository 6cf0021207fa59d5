// Asks for the page again, and loads it once it works or fails otherwise.
const shown = (page) => Array.from(page.querySelectorAll("h1, h2, pre"), (part) => part.textContent).join("\n");
const before = shown(document);
const ask = async () => {
  if (!document.hidden) {
    try {
      const headers = { accept: "text/html", "mizan-retry": "1" };
      const answer = await fetch(location.href, { headers, cache: "no-store" });
      // The policy of this page would complain about the style of the other.
      const html = (await answer.text()).replace(/<style[^]*?<\/style>/g, "");
      const page = new DOMParser().parseFromString(html, "text/html");
      if (answer.ok || (answer.status >= 500 && shown(page) !== before)) return location.reload();
    } catch {
      // The server restarts.
    }
  }
  setTimeout(ask, 1000);
};
setTimeout(ask, 1000);
