import { StrictMode } from "react";
import { CallError } from "./mizan";
import { hydratePage } from "./mizan/page";

await hydratePage(import.meta.glob("./pages/*.tsx"), {
  wrap: (page) => <StrictMode>{page}</StrictMode>,
  onCaughtError,
});

/** Logs errors that a boundary caught, except failed calls, which the page displays. */
function onCaughtError(error: unknown): void {
  if (!(error instanceof CallError)) console.error(error);
}
