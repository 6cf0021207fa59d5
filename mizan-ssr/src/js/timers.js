// @ts-check
// Timers, microtasks and `performance`. The host has the clock and reports which timer is due.
/** @satisfies {Scripts["timers"]} */ (
  ({ host, defineGlobals, asyncContext }) => {
    /** @type {Map<number, { callback: AnyFunction, parameters: unknown[], repeats: boolean, context: unknown }>} */
    const timers = new Map();
    /** @type {(callback: AnyFunction, delay: unknown, repeats: boolean, parameters: unknown[]) => number} */
    const start = (callback, delay, repeats, parameters) => {
      if (typeof callback !== "function")
        throw new TypeError("the callback of a timer must be a function");
      const id = host.startTimer(Math.max(0, Number(delay) | 0), repeats);
      const context = asyncContext.current();
      timers.set(id, { callback, parameters, repeats, context });
      return id;
    };
    /** @param {unknown} id */
    const stop = (id) => {
      if (timers.delete(Number(id))) host.stopTimer(Number(id));
    };

    const resolved = Promise.resolve();
    const timeOrigin = host.timeOrigin();
    /** @type {Timers["setTimeout"]} */
    const setTimeout = (callback, delay, ...parameters) =>
      start(callback, delay, false, parameters);
    defineGlobals({
      setTimeout,
      /** @type {Timers["setTimeout"]} */
      setInterval: (callback, delay, ...parameters) =>
        start(callback, Math.max(1, Number(delay) || 0), true, parameters),
      /** @type {(callback: AnyFunction, ...parameters: unknown[]) => number} */
      setImmediate: (callback, ...parameters) =>
        start(callback, 0, false, parameters),
      clearTimeout: stop,
      clearInterval: stop,
      clearImmediate: stop,
      /** @param {AnyFunction} callback */
      queueMicrotask(callback) {
        if (typeof callback !== "function")
          throw new TypeError(
            "the callback of queueMicrotask must be a function",
          );
        resolved.then(() => callback());
      },
      performance: {
        timeOrigin,
        now: () => host.now(),
        mark() {},
        measure() {},
        clearMarks() {},
        clearMeasures() {},
        getEntriesByName: () => [],
        getEntriesByType: () => [],
        getEntries: () => [],
        toJSON() {
          return { timeOrigin };
        },
      },
    });
    return {
      setTimeout,
      fireTimer(id) {
        const timer = timers.get(id);
        if (!timer) return;
        if (!timer.repeats) timers.delete(id);
        const { context, callback, parameters } = timer;
        asyncContext.run(context, callback, parameters);
      },
      clearTimers() {
        if (timers.size > 0) timers.clear();
      },
    };
  }
);
