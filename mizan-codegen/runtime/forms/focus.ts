import { useEffect, type RefObject } from "react";
import { createStore, useStore, type Store } from "./status";

/** The element that gets the focus when a submission is over. */
export type FocusTarget = "errors" | "success";

/** Moves the focus when a submission is over, unless the user has moved it in the meantime. */
export interface FocusRequests {
  /** The element that should get the focus next. */
  readonly next: Store<{ readonly target: FocusTarget | undefined }>;
  /** A submission begins. */
  begin(): void;
  /** A submission is over, and `target` should get the focus. */
  request(target: FocusTarget): void;
  /** The target is on the page. Returns whether to focus it. */
  consume(): boolean;
}

export function createFocusRequests(): FocusRequests {
  const next = createStore<{ readonly target: FocusTarget | undefined }>({
    target: undefined,
  });
  let start: Element | null = null;
  return {
    next,
    begin() {
      start = document.activeElement;
      next.set({ target: undefined });
    },
    request: (target) => next.set({ target }),
    consume() {
      next.set({ target: undefined });
      const { activeElement, body } = document;
      return [null, body, start].includes(activeElement);
    },
  };
}

/** Calls `focus` with the element when `target` is to get the focus. */
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
