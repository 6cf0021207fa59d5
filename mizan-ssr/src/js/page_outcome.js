// @ts-check
// The answers that a component gives instead of markup, such as `notFound()` of the generated client.
/** @satisfies {Scripts["pageOutcome"]} */ (
  () => {
    // `src/page/outcome.rs` has the same value.
    const PREFIX = "mizan-page:";
    /** @type {Map<unknown, string>} */
    const OUTCOME_BY_STATUS = new Map([
      [401, "unauthorized"],
      [403, "forbidden"],
      [404, "not_found"],
    ]);

    /**
     * Returns whether the component is in a `<Suspense>` of the application, which contains errors during
     * server rendering. The provider of the generated client renders one in the component `PageSuspense`.
     * @param {string} componentStack
     */
    const isInSuspense = (componentStack) => {
      const frames = componentStack
        .split("\n")
        .map((line) => line.match(/^\s*at ([^\s(]+)/)?.[1]);
      return frames.some(
        (name, index) =>
          name === "Suspense" && frames[index + 1] !== "PageSuspense",
      );
    };

    return {
      digestOf(error) {
        if (typeof error !== "object" || error === null) return undefined;
        const { digest } = /** @type {{ digest?: unknown }} */ (error);
        return typeof digest === "string" && digest.startsWith(PREFIX)
          ? digest
          : undefined;
      },
      digestOfCall(error, componentStack) {
        if (typeof error !== "object" || error === null) return undefined;
        const { name, status } =
          /** @type {{ name?: unknown, status?: unknown }} */ (error);
        const outcome = OUTCOME_BY_STATUS.get(status);
        return name === "CallError" && outcome && !isInSuspense(componentStack)
          ? PREFIX + outcome
          : undefined;
      },
    };
  }
);
