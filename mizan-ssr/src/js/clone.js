// structuredClone, MessageChannel, crypto.
const refuse = (what) => { throw new DOMException(`${what} cannot be cloned`, "DataCloneError"); };
const clone = (value, seen) => {
  if (typeof value === "function") refuse("a function");
  if (typeof value === "symbol") refuse("a symbol");
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const keep = (copy) => { seen.set(value, copy); return copy; };
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof Boolean || value instanceof Number || value instanceof String) return keep(Object(value.valueOf()));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    const buffer = clone(value.buffer, seen);
    return keep(new value.constructor(buffer, value.byteOffset, value instanceof DataView ? value.byteLength : value.length));
  }
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [k, v] of [...value]) copy.set(clone(k, seen), clone(v, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const item of [...value]) copy.add(clone(item, seen));
    return copy;
  }
  if (value instanceof Error) {
    const kinds = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
    const copy = keep(new (kinds[value.name] ?? Error)(value.message));
    Object.defineProperty(copy, "stack", { value: value.stack, configurable: true, writable: true });
    if ("cause" in value) copy.cause = clone(value.cause, seen);
    return copy;
  }
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) refuse(`a ${value.constructor.name}`);
  const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
  for (const key of Object.keys(value)) {
    Object.defineProperty(copy, key, { value: clone(value[key], seen), configurable: true, enumerable: true, writable: true });
  }
  return copy;
};

const connect = Symbol("connect");
class MessagePort extends EventTarget {
  #other = null;
  #waiting = [];
  #started = false;
  #handler = null;
  [connect](other) { this.#other = other; }
  get onmessage() { return this.#handler; }
  set onmessage(handler) { this.#handler = handler; this.start(); }
  postMessage(data) {
    const other = this.#other;
    if (!other) return;
    other.#waiting.push(clone(data, new Map()));
    other.#deliver();
  }
  #deliver() {
    if (!this.#started || this.#waiting.length === 0) return;
    const data = this.#waiting.shift();
    setTimeout(() => { if (this.#other) this.dispatchEvent(new MessageEvent("message", { data })); }, 0);
    this.#deliver();
  }
  start() { this.#started = true; this.#deliver(); }
  close() { this.#other = null; }
}
class MessageChannel {
  constructor() {
    this.port1 = new MessagePort();
    this.port2 = new MessagePort();
    this.port1[connect](this.port2);
    this.port2[connect](this.port1);
  }
}

const crypto = {
  getRandomValues(array) {
    if (!ArrayBuffer.isView(array) || array instanceof Float32Array || array instanceof Float64Array) throw new TypeError("getRandomValues fills arrays of integers");
    if (array.byteLength > 65536) throw new DOMException("at most 65536 bytes at once", "QuotaExceededError");
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(host.random(array.byteLength));
    return array;
  },
  randomUUID: () => host.uuid(),
};
mizan.define({ structuredClone: (value) => clone(value, new Map()), MessagePort, MessageChannel, crypto });
