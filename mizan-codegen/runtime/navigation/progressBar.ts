/** Shows a bar at the top of the page. Returns a function that removes it. */
export function showProgressBar(): () => void {
  // Screen readers announce what a live region contains.
  const region = document.createElement("div");
  region.setAttribute("role", "status");
  const bar = document.createElement("div");
  bar.dataset["mizanProgress"] = "";
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-label", "Loading the page");
  // The content security policy allows styles that scripts set. `--mizan-progress` sets the color.
  Object.assign(bar.style, {
    position: "fixed",
    inset: "0 0 auto",
    height: "3px",
    zIndex: "2147483647",
    background: "var(--mizan-progress, #2563eb)",
    transformOrigin: "left",
    pointerEvents: "none",
  });
  region.append(bar);
  document.body.append(region);
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
    bar.animate(
      [{ transform: "scaleX(0.05)" }, { transform: "scaleX(0.95)" }],
      {
        duration: 8_000,
        easing: "cubic-bezier(0.1, 0.7, 0.3, 1)",
        fill: "forwards",
      },
    );
  }
  return () => region.remove();
}
