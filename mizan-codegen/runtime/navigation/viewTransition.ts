/** The time in milliseconds for which a view transition waits for React. The page is frozen meanwhile. */
const maxDelay = 500;

/** Updates the page in a view transition, if the browser has them and the user has not disabled animations. */
export async function withViewTransition(
  isEnabled: boolean,
  update: () => Promise<void>,
): Promise<void> {
  if (
    !isEnabled ||
    !("startViewTransition" in document) ||
    document.hidden ||
    matchMedia("(prefers-reduced-motion: reduce)").matches
  )
    return update();
  let updated = Promise.resolve();
  const transition = document.startViewTransition(() => {
    updated = update();
    const timeout = new Promise<void>((resolve) =>
      setTimeout(resolve, maxDelay),
    );
    return Promise.race([updated, timeout]);
  });
  // A transition is skipped if another one begins.
  transition.ready.catch(() => undefined);
  transition.finished.catch(() => undefined);
  await transition.updateCallbackDone;
  await updated;
}
