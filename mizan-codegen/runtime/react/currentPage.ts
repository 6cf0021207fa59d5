import type { ComponentType, ReactNode } from "react";

/** A module with a page, as `import.meta.glob` loads it. */
export interface PageModule {
  readonly default: ComponentType<object>;
  /** Rendered around the page. It persists while the user navigates between pages with the same layout. */
  readonly layout?: ComponentType<{ readonly children?: ReactNode }>;
}

/** The page that the document contains. */
export interface EmbeddedPage {
  /** The path of the component. */
  readonly component: string;
  readonly props: object;
  /** The id of the browser files. */
  readonly build?: string;
  /** The components of the pages for missing pages and missing access, and the path of the sign-in page. */
  readonly notFound?: string;
  readonly forbidden?: string;
  readonly signIn?: string;
}

/** A page that is rendered. */
export interface View {
  readonly module: PageModule;
  readonly props: object;
  /** The page keeps its state from one view to another with the same id. */
  readonly stateId: number;
  /** Called when React replaces the previous page, before effects run. */
  readonly onReplace?: () => void;
  /** Called after React has replaced the previous page, before the browser paints. */
  readonly onShown?: () => void;
}

/** The hydrated page of this document. */
export interface CurrentPage {
  readonly embedded: EmbeddedPage;
  readonly initial: View;
  /** Loads a component. Returns `undefined` if the application does not have it. */
  load(component: string): Promise<PageModule> | undefined;
  /** Renders another page. */
  show(view: View): void;
}

let current: CurrentPage | undefined;
type PageOpener = (path: string, how: "push" | "replace") => void;

let opener: PageOpener | undefined;

/** Returns the hydrated page, or `undefined` before `hydratePage` has hydrated it. */
export function currentPage(): CurrentPage | undefined {
  return current;
}

export function setCurrentPage(page: CurrentPage): void {
  current = page;
}

/** Sets how {@link openPage} opens a page. */
export function setPageOpener(open: PageOpener): void {
  opener = open;
}

/** Returns whether pages open without loading a document. */
export function hasPageOpener(): boolean {
  return opener !== undefined;
}

/** Opens a path of this site: as a navigation if the page uses links, otherwise as a document. */
export function openPage(path: string, how: "push" | "replace"): void {
  if (opener) opener(path, how);
  else location[how === "push" ? "assign" : "replace"](path);
}

const invalidationListeners = new Set<() => void>();

/** Calls `listener` when data of pages may have changed. */
export function onPagesInvalidated(listener: () => void): void {
  invalidationListeners.add(listener);
}

/** Reports that data of pages may have changed, for example by a mutation or a sign-out. */
export function invalidatePages(): void {
  for (const listener of invalidationListeners) listener();
}
