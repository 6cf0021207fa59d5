// @ts-check
// Polls the page, and reloads it once the error is fixed or is a different one.
/** @param {Document} page */
const shownText = (page) =>
  Array.from(
    page.querySelectorAll("h1, h2, pre"),
    (element) => element.textContent,
  ).join("\n");
const shownError = shownText(document);
const poll = async () => {
  if (!document.hidden) {
    try {
      const headers = { accept: "text/html", "mizan-retry": "1" };
      const response = await fetch(location.href, {
        headers,
        cache: "no-store",
      });
      // The content security policy of this page would report the style of the other page.
      const html = (await response.text()).replace(/<style[^]*?<\/style>/g, "");
      const page = new DOMParser().parseFromString(html, "text/html");
      const isOtherError =
        response.status >= 500 && shownText(page) !== shownError;
      if (response.ok || isOtherError) return location.reload();
    } catch {
      // The server may be restarting.
    }
  }
  setTimeout(poll, 1000);
};
setTimeout(poll, 1000);
