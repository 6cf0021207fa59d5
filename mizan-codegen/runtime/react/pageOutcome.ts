import { createElement, type ReactNode } from "react";
import type { Outcome } from "../navigation/outcome";
import { currentPage, openPage, type PageModule } from "./currentPage";

/** Follows a redirect, or opens the sign-in page if there is one. Returns false for other outcomes. */
export function openSignIn(outcome: Outcome): boolean {
  if (outcome.kind === "redirect") {
    openPage(outcome.path, "replace");
    return true;
  }
  const signIn = currentPage()?.embedded.signIn;
  if (outcome.kind !== "unauthorized" || signIn === undefined) return false;
  const url = new URL(signIn, location.href);
  // The sign-in page itself must not open itself again.
  if (url.pathname === location.pathname) return false;
  url.searchParams.set("next", location.pathname + location.search);
  openPage(url.pathname + url.search, "replace");
  return true;
}

/** Returns the page that replaces one with an outcome. The server has the same texts. */
export async function pageOfOutcome({ kind }: Outcome): Promise<PageModule> {
  const page = currentPage();
  const component =
    kind === "not_found"
      ? page?.embedded.notFound
      : kind === "forbidden"
        ? page?.embedded.forbidden
        : undefined;
  const text =
    kind === "unauthorized"
      ? "Please sign in to see this page."
      : kind === "forbidden"
        ? "You have no access to this page."
        : "This page does not exist.";
  const plain = {
    default: (): ReactNode => createElement("h1", null, text),
  };
  try {
    return (
      (await (component === undefined ? undefined : page?.load(component))) ??
      plain
    );
  } catch {
    return plain;
  }
}
