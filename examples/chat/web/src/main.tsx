import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { CallError } from "./mizan";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/page.css";
import "./styles/panel.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

createRoot(root, { onCaughtError }).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

/** A failed call is on the page already; anything else that a boundary caught is a bug. */
function onCaughtError(error: unknown): void {
  if (!(error instanceof CallError)) console.error(error);
}
