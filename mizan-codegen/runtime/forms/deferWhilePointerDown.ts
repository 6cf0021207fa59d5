/** State of the pointer within a form. */
export interface PointerState {
  /** Handles that the pointer goes down in the form. */
  readonly onPointerDown: () => void;
  /** Runs the work now, or once the pointer is up. */
  readonly deferWhilePointerDown: (work: () => void) => void;
}

/**
 * Creates the pointer state of a form.
 *
 * A click starts with taking the focus from a field. If the error of that field appeared at once, it could
 * move the button away from the pointer, and the browser would not report a click.
 */
export function createPointerState(): PointerState {
  let isDown = false;
  let deferred: (() => void)[] = [];

  function onPointerUp(): void {
    removeEventListener("pointerup", onPointerUp);
    removeEventListener("pointercancel", onPointerUp);
    // The browser dispatches the click after `pointerup`.
    setTimeout(() => {
      isDown = false;
      const due = deferred;
      deferred = [];
      for (const work of due) work();
    });
  }

  return {
    onPointerDown() {
      if (isDown) return;
      isDown = true;
      addEventListener("pointerup", onPointerUp);
      addEventListener("pointercancel", onPointerUp);
    },
    deferWhilePointerDown(work) {
      if (isDown) deferred.push(work);
      else work();
    },
  };
}
