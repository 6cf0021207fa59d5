// @ts-check
// `console`, which logs one line of text for each call.
/** @satisfies {Scripts["console"]} */ (
  ({ host }) => {
    const MAX_LINE_LENGTH = 1 << 16; // `src/engine/host/console.rs` has the same limit.
    const MAX_ITEMS = 100;
    const MAX_DEPTH = 3;

    /** @type {(value: any, depth?: number, ancestors?: unknown[]) => string} */
    const inspect = (value, depth = 0, ancestors = []) => {
      if (typeof value === "string")
        return depth === 0 ? value : JSON.stringify(value);
      if (typeof value === "bigint") return `${value}n`;
      if (typeof value === "function")
        return `[function ${value.name || "anonymous"}]`;
      if (typeof value !== "object" || value === null) return String(value);
      if (value instanceof Error) {
        return value.stack?.includes(value.message)
          ? value.stack
          : `${value}\n${value.stack ?? ""}`;
      }
      if (ancestors.includes(value)) return "[circular]";
      if (depth > MAX_DEPTH) return Array.isArray(value) ? "[..]" : "{..}";
      /** @param {unknown} item */
      const inspectItem = (item) =>
        inspect(item, depth + 1, [...ancestors, value]);
      /** @type {(items: Iterable<any>, print: (item: any) => string) => string} */
      const join = (items, print) => {
        const printed = [];
        for (const item of items) {
          if (printed.length === MAX_ITEMS) {
            printed.push("..");
            break;
          }
          printed.push(print(item));
        }
        return printed.join(", ");
      };
      if (Array.isArray(value)) return `[${join(value, inspectItem)}]`;
      if (value instanceof Map) {
        return `Map {${join(value, ([key, item]) => `${inspectItem(key)} => ${inspectItem(item)}`)}}`;
      }
      if (value instanceof Set) return `Set {${join(value, inspectItem)}}`;
      if (value instanceof Date) return String(value);
      const name = Object.getPrototypeOf(value)?.constructor?.name;
      const prefix = name && name !== "Object" ? `${name} ` : "";
      return `${prefix}{${join(Object.keys(value), (key) => `${key}: ${inspectItem(value[key])}`)}}`;
    };

    /** @type {(first?: unknown, ...rest: any[]) => string} */
    const format = (first, ...rest) => {
      if (typeof first !== "string" || !first.includes("%")) {
        return [first, ...rest].map((value) => inspect(value)).join(" ");
      }
      let next = 0;
      const head = first.replace(/%[sdifoOjc%]/g, (placeholder) => {
        if (placeholder === "%%") return "%";
        if (next >= rest.length) return placeholder;
        const value = rest[next++];
        if (placeholder === "%c") return "";
        if (placeholder === "%d") return String(Number(value));
        if (placeholder === "%i") return String(Math.trunc(Number(value)));
        if (placeholder === "%s")
          return String(typeof value === "object" ? inspect(value) : value);
        return inspect(value, 1);
      });
      return [head, ...rest.slice(next).map((value) => inspect(value))].join(
        " ",
      );
    };

    // Once a render has logged too much, further lines are not even formatted.
    let limitReached = false;
    /** @type {(level: string) => (...values: unknown[]) => void} */
    const logAt =
      (level) =>
      (...values) => {
        if (limitReached) return;
        let line;
        try {
          line = format(...values);
        } catch (error) {
          line = `[cannot be printed: ${error}]`;
        }
        limitReached = !host.log(level, line.slice(0, MAX_LINE_LENGTH));
      };

    /** @type {Map<string, number>} */
    const counts = new Map();
    globalThis.console = {
      debug: logAt("debug"),
      log: logAt("info"),
      info: logAt("info"),
      warn: logAt("warn"),
      error: logAt("error"),
      trace: logAt("debug"),
      dir: logAt("info"),
      table: logAt("info"),
      group: logAt("info"),
      groupCollapsed: logAt("info"),
      groupEnd() {},
      time() {},
      timeLog() {},
      timeEnd() {},
      timeStamp() {},
      assert(condition, ...values) {
        if (!condition) logAt("error")("assertion failed", ...values);
      },
      count(label = "default") {
        counts.set(label, (counts.get(label) ?? 0) + 1);
        host.log("info", `${label}: ${counts.get(label)}`);
      },
      countReset(label = "default") {
        counts.delete(label);
      },
    };
    return {
      resetLogLimit() {
        limitReached = false;
      },
    };
  }
);
