import { showProgressBar } from "./progressBar";

/** The state of the navigation between pages. */
export interface NavigationState {
  /** The URL of the page that is loading, or `undefined`. */
  readonly target: string | undefined;
  /** Set if the page has been loading for a noticeable time. The page then shows a progress bar. */
  readonly isSlow: boolean;
}

/** The time in milliseconds after which a navigation is slow. */
const slowAfter = 150;

const idle: NavigationState = { target: undefined, isSlow: false };

const listeners = new Set<() => void>();
let state = idle;

export function navigationState(): NavigationState {
  return state;
}

export function idleState(): NavigationState {
  return idle;
}

/** Calls `listener` when the state changes. Returns a function that removes the listener. */
export function onNavigationState(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Sets the page that is loading. Returns a function that ends the navigation. */
export function beginNavigation(target: string): () => void {
  setState({ target, isSlow: false });
  let hide = (): void => undefined;
  const timer = setTimeout(() => {
    hide = showProgressBar();
    setState({ target, isSlow: true });
  }, slowAfter);
  return () => {
    clearTimeout(timer);
    hide();
    setState(idle);
  };
}

function setState(next: NavigationState): void {
  state = next;
  for (const listener of listeners) listener();
}
