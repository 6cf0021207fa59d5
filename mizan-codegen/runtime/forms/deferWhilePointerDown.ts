/** Holds work back while the pointer is down. */
export interface PointerState {
  /** The pointer goes down in the form. */
  onPointerDown(): void;
  /** Does the work, or does it once the pointer is up again. */
  deferWhilePointerDown(work: () => void): void;
}

/**
 * A click begins by taking the focus from a field. Were the field's error to appear then, it could move
 * the button away from under the pointer, and the click would be none.
 */
export function createPointerState(): PointerState {
  let isDown = false;
  let waiting: (() => void)[] = [];

  function end(): void {
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    // The click comes after the pointer is up.
    setTimeout(() => {
      isDown = false;
      const due = waiting;
      waiting = [];
      for (const work of due) work();
    });
  }

  return {
    onPointerDown() {
      if (isDown) return;
      isDown = true;
      addEventListener("pointerup", end);
      addEventListener("pointercancel", end);
    },
    deferWhilePointerDown(work) {
      if (isDown) waiting.push(work);
      else work();
    },
  };
}
