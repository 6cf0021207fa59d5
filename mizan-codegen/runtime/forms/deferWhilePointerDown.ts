/** Tracks whether the pointer is pressed in a form. */
export interface PointerState {
  /** Records that the pointer was pressed in the form. */
  readonly onPointerDown: () => void;
  /** Runs the work now, or once the pointer is released. */
  readonly deferWhilePointerDown: (work: () => void) => void;
}

/**
 * Creates the pointer state of a form.
 *
 * Pressing the pointer on a button takes the focus from a field, which validates the field. If its error
 * appeared immediately, it could move the button away from the pointer, and the browser would not report a
 * click.
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
