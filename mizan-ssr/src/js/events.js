// DOMException, Event, EventTarget, AbortController and AbortSignal.
const codes = { DataCloneError: 25, AbortError: 20, TimeoutError: 23, InvalidCharacterError: 5, QuotaExceededError: 22 };
class DOMException extends Error {
  #name;
  constructor(message = "", name = "Error") {
    super(message);
    this.#name = String(name);
  }
  get name() { return this.#name; }
  get code() { return codes[this.#name] ?? 0; }
}

class Event {
  constructor(type, init = {}) {
    this.type = String(type);
    this.bubbles = Boolean(init.bubbles);
    this.cancelable = Boolean(init.cancelable);
    this.defaultPrevented = false;
    this.target = null;
    this.currentTarget = null;
    this.timeStamp = performance.now();
  }
  preventDefault() { if (this.cancelable) this.defaultPrevented = true; }
  stopPropagation() {}
  stopImmediatePropagation() { this.stopped = true; }
}
class CustomEvent extends Event {
  constructor(type, init = {}) {
    super(type, init);
    this.detail = init.detail ?? null;
  }
}
class MessageEvent extends Event {
  constructor(type, init = {}) {
    super(type, init);
    this.data = init.data ?? null;
  }
}

class EventTarget {
  #listeners = new Map();
  addEventListener(type, callback, options) {
    if (!callback) return;
    const list = this.#listeners.get(type) ?? [];
    if (!list.some((entry) => entry.callback === callback)) {
      list.push({ callback, once: Boolean(typeof options === "object" && options?.once) });
    }
    this.#listeners.set(type, list);
  }
  removeEventListener(type, callback) {
    this.#listeners.set(type, (this.#listeners.get(type) ?? []).filter((entry) => entry.callback !== callback));
  }
  dispatchEvent(event) {
    event.target = event.currentTarget = this;
    const handler = this[`on${event.type}`];
    const list = [...(this.#listeners.get(event.type) ?? [])];
    if (typeof handler === "function") list.push({ callback: handler });
    for (const { callback, once } of list) {
      if (once) this.removeEventListener(event.type, callback);
      if (typeof callback === "function") callback.call(this, event);
      else callback.handleEvent(event);
      if (event.stopped) break;
    }
    return !event.defaultPrevented;
  }
}

const makeSignal = Symbol("signal");
class AbortSignal extends EventTarget {
  #aborted = false;
  #reason;
  onabort = null;
  constructor(key) {
    if (key !== makeSignal) throw new TypeError("illegal constructor: AbortSignal");
    super();
  }
  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  throwIfAborted() { if (this.#aborted) throw this.#reason; }
  static _abort(signal, reason) {
    if (signal.#aborted) return;
    signal.#aborted = true;
    signal.#reason = reason === undefined ? new DOMException("the operation was aborted", "AbortError") : reason;
    signal.dispatchEvent(new Event("abort"));
  }
  static abort(reason) {
    const signal = new AbortSignal(makeSignal);
    abortSignal(signal, reason);
    return signal;
  }
  static timeout(milliseconds) {
    const signal = new AbortSignal(makeSignal);
    setTimeout(() => abortSignal(signal, new DOMException("the time is over", "TimeoutError")), milliseconds);
    return signal;
  }
  static any(signals) {
    const joined = new AbortSignal(makeSignal);
    for (const signal of signals) {
      if (signal.aborted) { abortSignal(joined, signal.reason); break; }
      signal.addEventListener("abort", () => abortSignal(joined, signal.reason), { once: true });
    }
    return joined;
  }
}
const abortSignal = AbortSignal._abort;
delete AbortSignal._abort;
class AbortController {
  #signal = new AbortSignal(makeSignal);
  get signal() { return this.#signal; }
  abort(reason) { abortSignal(this.#signal, reason); }
}
mizan.define({ DOMException, Event, CustomEvent, MessageEvent, EventTarget, AbortSignal, AbortController });
