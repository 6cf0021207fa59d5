import { useEffect, type RefObject } from "react";
import { createStore, useStore, type Store } from "./formStatus";

/** The element that gets the focus when a submission is over. */
export type FocusTarget = "errors" | "success";

/** Moves the focus when a submission is over, unless the user has moved it in the meantime. */
export interface FocusMoves {
  /** The element that should get the focus next. */
  readonly next: Store<{ readonly target: FocusTarget | undefined }>;
  /** A submission begins. */
  begin(): void;
  /** A submission is over, and `target` should get the focus. */
  move(target: FocusTarget): void;
  /** The target is on the page. Returns whether to focus it. */
  take(): boolean;
}

export function createFocusMoves(): FocusMoves {
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
    move: (target) => next.set({ target }),
    take() {
      next.set({ target: undefined });
      const { activeElement, body } = document;
      return [null, body, start].includes(activeElement);
    },
  };
}

/** Calls `focus` with the element when `target` is to get the focus. */
export function useFocusMove<E extends HTMLElement>(
  moves: FocusMoves,
  target: FocusTarget,
  element: RefObject<E | null>,
  focus: (element: E) => void,
): void {
  const isNext = useStore(moves.next).target === target;
  useEffect(() => {
    if (isNext && element.current && moves.take()) focus(element.current);
  });
}
