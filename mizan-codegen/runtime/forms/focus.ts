import { useEffect, type RefObject } from "react";
import { createStore, useStore, type Store } from "./store";

/** Element that receives the focus after a submission. */
export type FocusTarget = "errors" | "success";

/** Requests to move the focus after a submission, unless the user has moved it in the meantime. */
export interface FocusRequests {
  /** Element that receives the focus next. */
  readonly next: Store<{ readonly target: FocusTarget | undefined }>;
  /** Records the focused element at the start of a submission. */
  readonly begin: () => void;
  /** Requests the focus for `target` after a submission. */
  readonly request: (target: FocusTarget) => void;
  /** Completes the pending request. Returns whether to focus the target. */
  readonly consume: () => boolean;
}

/** Creates the focus requests of a form, with none pending. */
export function createFocusRequests(): FocusRequests {
  const next = createStore<{ readonly target: FocusTarget | undefined }>({
    target: undefined,
  });
  let focusedAtStart: Element | null = null;
  return {
    next,
    begin() {
      focusedAtStart = document.activeElement;
      next.set({ target: undefined });
    },
    request: (target) => next.set({ target }),
    consume() {
      next.set({ target: undefined });
      const { activeElement, body } = document;
      return [null, body, focusedAtStart].includes(activeElement);
    },
  };
}

/** Calls `focus` with the element when `target` should receive the focus. */
export function useFocusRequest<E extends HTMLElement>(
  requests: FocusRequests,
  target: FocusTarget,
  element: RefObject<E | null>,
  focus: (element: E) => void,
): void {
  const isNext = useStore(requests.next).target === target;
  useEffect(() => {
    if (isNext && element.current && requests.consume()) focus(element.current);
  });
}
