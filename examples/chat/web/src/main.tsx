import { StrictMode } from "react";
import { CallError } from "./mizan";
import { hydratePage } from "./mizan/page";

await hydratePage(import.meta.glob("./pages/*.tsx"), {
  wrap: (page) => <StrictMode>{page}</StrictMode>,
  onCaughtError,
});

/** A failed call is on the page already; anything else that a boundary caught is a bug. */
function onCaughtError(error: unknown): void {
  if (!(error instanceof CallError)) console.error(error);
}
