/** Holds work back while the pointer is down. */
export interface Press {
  /** The pointer goes down in the form. */
  begin(): void;
  /** Does the work, or does it once the pointer is up again. */
  after(work: () => void): void;
}

/**
 * A click begins by taking the focus from a field. Were the field's error to appear then, it could move
 * the button away from under the pointer, and the click would be none.
 */
export function createPress(): Press {
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
    begin() {
      if (isDown) return;
      isDown = true;
      addEventListener("pointerup", end);
      addEventListener("pointercancel", end);
    },
    after(work) {
      if (isDown) waiting.push(work);
      else work();
    },
  };
}
