// @ts-check
// The definition of globals, and the globals without other dependencies.
/** @satisfies {Scripts["globals"]} */ (
  ({ host }) => {
    /** @type {DefineGlobals} */
    const defineGlobals = (globals) => {
      for (const name of Object.keys(globals)) {
        Object.defineProperty(globalThis, name, {
          value: globals[name],
          configurable: true,
          enumerable: false,
          writable: true,
        });
      }
    };
    const realm = /** @type {any} */ (globalThis);
    const errors = /** @type {any} */ (Error);
    if (typeof errors.stackTraceLimit === "number") errors.stackTraceLimit = 50;

    // The heap limit does not include the memory of WebAssembly and of resizable buffers.
    delete realm.WebAssembly;
    for (const name of ["ArrayBuffer", "SharedArrayBuffer"]) {
      const Native = realm[name];
      if (!Native) continue;
      const Fixed = new Proxy(Native, {
        construct(target, values, newTarget) {
          if (values[1]?.maxByteLength !== undefined)
            throw new RangeError(`resizable ${name} is not supported`);
          return Reflect.construct(target, values, newTarget);
        },
      });
      Native.prototype.constructor = Fixed;
      defineGlobals({ [name]: Fixed });
    }

    // These would run code of one render during another. The language permits an engine to call no finalizer.
    if (realm.Atomics) delete realm.Atomics.waitAsync;
    const InertRegistry = class FinalizationRegistry {
      /** @param {unknown} cleanup */
      constructor(cleanup) {
        if (typeof cleanup !== "function")
          throw new TypeError("FinalizationRegistry: cleanup must be callable");
      }
      register() {}
      unregister() {
        return false;
      }
    };
    Object.defineProperty(InertRegistry.prototype, Symbol.toStringTag, {
      value: "FinalizationRegistry",
      configurable: true,
    });
    defineGlobals({
      FinalizationRegistry: InertRegistry,
      self: globalThis,
      // Packages for several platforms read `global` if there is no `window`, because bundlers define it.
      global: globalThis,
      process: { env: { NODE_ENV: host.mode() } },
    });
    return { defineGlobals };
  }
);
