// console.*, as one line of text for each call.
const text = (value, depth = 0, seen = []) => {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[function ${value.name || "anonymous"}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return value.stack?.includes(value.message) ? value.stack : `${value}\n${value.stack ?? ""}`;
  if (seen.includes(value)) return "[circular]";
  if (depth > 3) return Array.isArray(value) ? "[..]" : "{..}";
  const inner = (item) => text(item, depth + 1, [...seen, value]);
  const some = (items, print) => {
    const shown = [];
    for (const item of items) {
      if (shown.length === 100) { shown.push(".."); break; }
      shown.push(print(item));
    }
    return shown.join(", ");
  };
  if (Array.isArray(value)) return `[${some(value, inner)}]`;
  if (value instanceof Map) return `Map {${some(value, ([k, v]) => `${inner(k)} => ${inner(v)}`)}}`;
  if (value instanceof Set) return `Set {${some(value, inner)}}`;
  if (value instanceof Date) return String(value);
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  const prefix = name && name !== "Object" ? `${name} ` : "";
  return `${prefix}{${some(Object.keys(value), (key) => `${key}: ${inner(value[key])}`)}}`;
};

const format = (first, ...rest) => {
  if (typeof first !== "string" || !first.includes("%")) return [first, ...rest].map((value) => text(value)).join(" ");
  let at = 0;
  const head = first.replace(/%[sdifoOjc%]/g, (mark) => {
    if (mark === "%%") return "%";
    if (at >= rest.length) return mark;
    const value = rest[at++];
    if (mark === "%c") return "";
    if (mark === "%d" || mark === "%i") return String(mark === "%i" ? Math.trunc(Number(value)) : Number(value));
    return mark === "%s" ? String(typeof value === "object" ? text(value) : value) : text(value, 1);
  });
  return [head, ...rest.slice(at).map((value) => text(value))].join(" ");
};

// Once a render has printed too much, the rest is not even put together.
let full = false;
mizan.speakAgain = () => { full = false; };
const speak = (level) => (...values) => {
  if (full) return;
  let line;
  try {
    line = format(...values);
  } catch (error) {
    line = `[cannot be printed: ${error}]`;
  }
  full = !host.log(level, line.slice(0, 1 << 16));
};

const counts = new Map();
globalThis.console = {
  debug: speak("debug"), log: speak("info"), info: speak("info"), warn: speak("warn"), error: speak("error"),
  trace: speak("debug"), dir: speak("info"), table: speak("info"), group: speak("info"), groupCollapsed: speak("info"),
  groupEnd() {}, time() {}, timeLog() {}, timeEnd() {}, timeStamp() {},
  assert(truth, ...values) { if (!truth) speak("error")("assertion failed", ...values); },
  count(label = "default") {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    host.log("info", `${label}: ${counts.get(label)}`);
  },
  countReset(label = "default") { counts.delete(label); },
};
