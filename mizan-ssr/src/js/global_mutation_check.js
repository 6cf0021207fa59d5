// @ts-check
// Detects renders that change a global or a builtin prototype, which all renders share.
/** @satisfies {Scripts["globalMutationCheck"]} */ (
  () => {
    /** @typedef {{ name: string, object: any, keys: PropertyKey[], values: unknown[] }} Snapshot */
    // The number of renders after which the fast comparison is compiled. Compiling it takes as long as
    // dozens of thorough comparisons.
    const RENDERS_BEFORE_COMPILING = 30;
    const RENDERS_BETWEEN_THOROUGH_CHECKS = 512;
    const { ownKeys, getOwnPropertyDescriptor, set: assign } = Reflect;

    /** @type {[string, any][]} */
    const watched = [];
    /** @type {(name: string, value: any) => boolean} */
    const watchPrototype = (name, value) => {
      const isClass =
        typeof value === "function" && /^[A-Z]/.test(name) && value.prototype;
      if (isClass) watched.push([`${name}.prototype`, value.prototype]);
      return Boolean(isClass);
    };
    // A global that is not loaded yet has an accessor, and no value.
    for (const name of Object.getOwnPropertyNames(globalThis))
      watchPrototype(name, getOwnPropertyDescriptor(globalThis, name)?.value);
    watched.push(
      ["globalThis", globalThis],
      ["Object", Object],
      ["Array", Array],
      ["Math", Math],
      ["JSON", JSON],
      ["Reflect", Reflect],
      ["Promise", Promise],
      ["process.env", process.env],
      ["console", console],
    );

    /** @type {Snapshot[]} */
    let baseline = [];
    /** @type {(watched: [string, any]) => Snapshot} */
    const snapshotOf = ([name, object]) => {
      const keys = ownKeys(object);
      const values = [];
      for (const key of keys)
        values.push(getOwnPropertyDescriptor(object, key)?.value);
      return { name, object, keys, values };
    };
    const recordBaseline = () => {
      baseline = watched.map(snapshotOf);
    };

    /** The thorough comparison. */
    const findDifference = () => {
      for (const { name, object, keys, values } of baseline) {
        if (ownKeys(object).length !== keys.length) {
          const added = ownKeys(object).find((key) => !keys.includes(key));
          return added === undefined ? name : `${name}.${String(added)}`;
        }
        for (let at = 0; at < keys.length; at++) {
          const descriptor = getOwnPropertyDescriptor(object, keys[at]);
          if (
            !descriptor ||
            (values[at] !== descriptor.value && !Number.isNaN(values[at]))
          ) {
            return `${name}.${String(keys[at])}`;
          }
        }
      }
      return undefined;
    };

    /**
     * Compiles the fast comparison: straight-line code, which V8 optimizes well as long as nothing changes.
     * It does not detect added properties that are not enumerable.
     * @returns {() => boolean}
     */
    const compileFastComparison = () => {
      const identifier = /^[A-Za-z_$][\w$]*$/;
      /** @type {unknown[]} */
      const objects = [];
      /** @type {unknown[]} */
      const expected = [];
      /** @type {string[]} */
      const lines = [];
      for (const { name, object, keys, values } of baseline) {
        const index = objects.push(object) - 1;
        for (let at = 0; at < keys.length; at++) {
          const key = keys[at];
          const descriptor = getOwnPropertyDescriptor(object, key);
          if (
            !descriptor ||
            descriptor.value === undefined ||
            Number.isNaN(descriptor.value)
          )
            continue;
          if (!descriptor.writable && !descriptor.configurable) continue;
          const value = expected.push(values[at]) - 1;
          let read;
          if (typeof key === "symbol")
            read = `$o${index}[$v${expected.push(key) - 1}]`;
          else if (!identifier.test(String(key)))
            read = `$o${index}[${JSON.stringify(key)}]`;
          else
            read =
              name === "globalThis" ? String(key) : `$o${index}.${String(key)}`;
          lines.push(`if (${read} !== $v${value}) return false;`);
        }
        if (name === "globalThis") continue;
        let enumerable = 0;
        for (const _ in object) enumerable += 1;
        if (enumerable === 0)
          lines.push(`for (const k in $o${index}) return false;`);
        else
          lines.push(
            `$n = 0; for (const k in $o${index}) $n += 1; if ($n !== ${enumerable}) return false;`,
          );
      }
      const constants = [
        ...objects.map((_, index) => `$o${index} = $o[${index}]`),
        ...expected.map((_, index) => `$v${index} = $v[${index}]`),
      ];
      const body = `"use strict"; const ${constants.join(", ")}; return () => { let $n; ${lines.join("\n")} return true; };`;
      return new Function("$o", "$v", body)(objects, expected);
    };

    // Enumerating the properties of the global object is slow. Assigning a new global looks for a setter in
    // the prototypes, so this proxy is notified.
    let globalAdded = false;
    let detectsAddedGlobals = false;
    Object.setPrototypeOf(
      globalThis,
      new Proxy(Object.prototype, {
        set(target, key, value, receiver) {
          globalAdded = true;
          return assign(target, key, value, receiver);
        },
      }),
    );
    try {
      // With the proxy, undefined variables evaluate to undefined in QuickJS instead of throwing.
      // @ts-expect-error: the variable does not exist.
      void mizanUndefinedVariable;
      Object.setPrototypeOf(globalThis, Object.prototype);
    } catch {
      detectsAddedGlobals = true;
    }

    /** @type {(() => boolean) | null} */
    let isUnchanged = null;
    /** @type {string | undefined} */
    let changed;
    let renders = 0;
    return {
      recordBaseline,
      globalLoaded(name, value) {
        const globals = baseline.find(({ object }) => object === globalThis);
        if (globals) globals.values[globals.keys.indexOf(name)] = value;
        if (watchPrototype(name, value))
          baseline.push(snapshotOf(watched[watched.length - 1]));
        isUnchanged = null;
        renders = 0;
      },
      globalReplaced() {
        globalAdded = true;
      },
      beforeModules() {
        changed ??= findDifference();
      },
      // A module may install a polyfill while it is evaluated.
      afterModules() {
        recordBaseline();
        isUnchanged = null;
        renders = 0;
        globalAdded = false;
      },
      changedGlobal(thorough) {
        if (changed !== undefined) return changed;
        renders += 1;
        if (
          isUnchanged === null &&
          detectsAddedGlobals &&
          renders > RENDERS_BEFORE_COMPILING
        ) {
          isUnchanged = compileFastComparison();
        }
        if (
          isUnchanged !== null &&
          !thorough &&
          !globalAdded &&
          renders % RENDERS_BETWEEN_THOROUGH_CHECKS !== 0
        ) {
          try {
            if (isUnchanged()) return undefined;
          } catch {
            // A global was deleted.
          }
        }
        globalAdded = false;
        return findDifference();
      },
    };
  }
);
